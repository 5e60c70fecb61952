import { sql } from 'kysely';
import { knownMigrations } from '../store/migrate.js';
import type { Store } from '../store/open-store.js';
import { countRows } from './tables.js';

/** Whether the database answers: its users, and the steps that are missing to this release's schema. */
export async function checkStore(db: Store): Promise<{ users: number; pending: number }> {
  await sql`select 1`.execute(db);
  const known = await knownMigrations(db);
  const pending = known.filter(({ done }) => !done).length;
  const users = pending === known.length ? 0 : await countRows(db, 'users');
  return { users, pending };
}
