import type { Store } from './open-store.js';
import type { AttemptTable } from './record-tables.js';

/** Rows in one statement. */
const CHUNK = 100;

/** The SQL that keeps attempts. */
export class AttemptStore {
  constructor(private readonly db: Store) {}

  /** Keeps those that are not known yet; returns how many that were. */
  async add(attempts: readonly AttemptTable[]): Promise<number> {
    let added = 0n;
    for (let start = 0; start < attempts.length; start += CHUNK) {
      const done = await this.db
        .insertInto('attempts')
        .values(attempts.slice(start, start + CHUNK))
        .onConflict((conflict) => conflict.column('attempt').doNothing())
        .executeTakeFirst();
      added += done.numInsertedOrUpdatedRows ?? 0n;
    }
    return Number(added);
  }

  byName(attempt: string): Promise<AttemptTable | undefined> {
    const found = this.db.selectFrom('attempts').selectAll();
    return found.where('attempt', '=', attempt).executeTakeFirst();
  }

  /** The attempt that a device's report may come from: to this device, from this address, just before. */
  nearest(calleeId: string, callerIp: string, from: number, to: number) {
    return this.db
      .selectFrom('attempts')
      .selectAll()
      .where('callee_id', '=', calleeId)
      .where('caller_ip', '=', callerIp)
      .where('outcome', 'in', ['direct', 'local', 'relay'])
      .where('started_at', '>=', from)
      .where('started_at', '<=', to)
      .where((where) =>
        where.not(
          where.exists(
            where
              .selectFrom('audit_conns')
              .select('audit_conns.guid')
              .whereRef('audit_conns.session_guid', '=', 'attempts.attempt'),
          ),
        ),
      )
      .orderBy('started_at', 'desc')
      .executeTakeFirst();
  }
}
