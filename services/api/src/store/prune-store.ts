import { sql } from 'kysely';
import type { Store } from './open-store.js';

/** Lists that only grow, with the column that says when an entry was made and the one that names it. */
const LISTS = {
  attempts: { at: 'started_at', key: 'attempt' },
  sessions: { at: 'started_at', key: 'guid' },
  audit_conns: { at: 'created_at', key: 'guid' },
  audit_files: { at: 'created_at', key: 'guid' },
  audit_alarms: { at: 'created_at', key: 'guid' },
  audit_console: { at: 'created_at', key: 'guid' },
} as const;

/** A list that only grows. */
export type PrunedList = keyof typeof LISTS;

/** The SQL that forgets what is old or too much. */
export class PruneStore {
  constructor(private readonly db: Store) {}

  /** When the newest entry that is one too many was made; undefined when there are no more than `keep`. */
  async boundary(list: PrunedList, keep: number): Promise<number | undefined> {
    const { at } = LISTS[list];
    const { rows } = await sql<{ at: number }>`
      select ${sql.ref(at)} as at from ${sql.table(list)} order by ${sql.ref(at)} desc
      limit 1 offset ${keep}`.execute(this.db);
    return rows[0]?.at;
  }

  /** Forgets at most `limit` entries made before this, the oldest first; returns how many. */
  async removeBefore(list: PrunedList, before: number, limit: number): Promise<number> {
    const { at, key } = LISTS[list];
    const done = await sql`
      delete from ${sql.table(list)} where ${sql.ref(key)} in (
        select ${sql.ref(key)} from ${sql.table(list)} where ${sql.ref(at)} < ${before}
        order by ${sql.ref(at)} limit ${limit})`.execute(this.db);
    return Number(done.numAffectedRows ?? 0n);
  }
}
