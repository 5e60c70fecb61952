import type { Store } from './open-store.js';

/** What the database counts changes of, see migration 0042. */
export const ACCESS_CHANGES = 1;
export const ROLE_CHANGES = 2;

/**
 * Names the state of what is counted: its number for readers of Redis, and its mark, by which the
 * number of a restored or replaced database is not mistaken for one that was published before.
 */
export async function revisionOf(db: Store, id: number): Promise<string> {
  const row = db.selectFrom('access_changes').select(['count', 'mark']).where('id', '=', id);
  const { count, mark } = await row.executeTakeFirstOrThrow();
  return `${count} ${mark}`;
}
