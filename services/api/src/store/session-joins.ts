import { sql } from 'kysely';
import type { ConnAuditTable } from './audit-tables.js';
import type { Store } from './open-store.js';
import type { AttemptTable, SessionTable } from './record-tables.js';
import { LOST } from './session-store.js';

/** A session whose attempt has not come within this time will never hear of it. */
const HOPELESS_MS = 86_400_000;

/** Spelled out in the statement: SQLite does not use an index of some rows for a value that comes later. */
const UNJOINED = sql.lit<0>(0);

/** The SQL that puts together what relays, rendezvous and devices tell of one session. */
export class SessionJoins {
  constructor(private readonly db: Store) {}

  /** Fills in what attempts tell, for sessions that do not have it yet. */
  async fillFromAttempts(now: number): Promise<void> {
    const own = (name: keyof SessionTable, theirs: keyof AttemptTable) =>
      sql<string>`case when ${sql.ref(`sessions.${name}`)} = '' then ${sql.ref(`attempts.${theirs}`)} else ${sql.ref(`sessions.${name}`)} end`;
    await this.db
      .updateTable('sessions')
      .from('attempts')
      .set({
        user_guid: own('user_guid', 'user_guid'),
        user_name: own('user_name', 'user_name'),
        callee_id: own('callee_id', 'callee_id'),
        callee_ip: own('callee_ip', 'callee_ip'),
        caller_ip: own('caller_ip', 'caller_ip'),
        caller_transport: own('caller_transport', 'caller_transport'),
        uuid: own('uuid', 'uuid'),
        outcome: sql<string>`attempts.outcome`,
        path: sql<'direct' | 'relayed' | 'unknown'>`case
          when sessions.path <> 'unknown' then sessions.path
          when attempts.outcome in ('direct', 'local') then 'direct'
          when attempts.outcome = 'relay' then 'relayed'
          else sessions.path end`,
        joined: 1,
      })
      .whereRef('attempts.attempt', '=', 'sessions.guid')
      .where('sessions.joined', '=', UNJOINED)
      .execute();
    await this.db
      .updateTable('sessions')
      .set({ joined: 1 })
      .where('joined', '=', UNJOINED)
      .where('started_at', '<', now - HOPELESS_MS)
      .execute();
  }

  /** Reports of devices that belong to no session yet, the oldest first. */
  openReports(limit: number): Promise<ConnAuditTable[]> {
    return this.db
      .selectFrom('audit_conns')
      .selectAll()
      .where('session_guid', 'is', null)
      .where('peer_id', '<>', sql.lit(''))
      .orderBy('created_at')
      .limit(limit)
      .execute();
  }

  /** True when no report has been joined to this attempt: a reference counts once. */
  async isFree(attempt: string): Promise<boolean> {
    const taken = this.db.selectFrom('audit_conns').select('guid');
    return (await taken.where('session_guid', '=', attempt).executeTakeFirst()) === undefined;
  }

  /** Makes the report part of the session `row.guid`, once, whoever tries at the same time. */
  async join(report: ConnAuditTable, row: SessionTable): Promise<void> {
    await this.db.transaction().execute(async (trx) => {
      const mine = await trx
        .updateTable('audit_conns')
        .set({ session_guid: row.guid })
        .where('guid', '=', report.guid)
        .where('session_guid', 'is', null)
        .executeTakeFirst();
      if (mine.numUpdatedRows !== 1n) return;
      await trx
        .insertInto('sessions')
        .values(row)
        .onConflict((conflict) =>
          conflict.column('guid').doUpdateSet({
            caller_id: filled('caller_id'),
            caller_name: filled('caller_name'),
            callee_id: filled('callee_id'),
            conn_type: sql`coalesce(excluded.conn_type, sessions.conn_type)`,
            verified: sql`case when excluded.verified = 1 then 1 else sessions.verified end`,
          }),
        )
        .execute();
    });
  }

  /** Ends sessions that no server saw ending when the device's report has ended. */
  async endReported(): Promise<void> {
    await this.db
      .updateTable('sessions')
      .from('audit_conns')
      .set({ ended_at: sql<number>`audit_conns.ended_at`, end_reason: 'reported' })
      .whereRef('audit_conns.session_guid', '=', 'sessions.guid')
      .where('sessions.ended_at', 'is', null)
      .where('audit_conns.ended_at', 'is not', null)
      .execute();
  }

  /** Ends sessions whose relay has not told of them since `before`: it has died, most likely. */
  async endLost(before: number): Promise<void> {
    await this.db
      .updateTable('sessions')
      .set({ ended_at: sql<number>`seen_at`, end_reason: LOST })
      .where('ended_at', 'is', null)
      .where('seen_at', '<', before)
      .execute();
  }
}

function filled(name: string) {
  return sql<string>`case when ${sql.ref(`sessions.${name}`)} = '' then ${sql.ref(`excluded.${name}`)} else ${sql.ref(`sessions.${name}`)} end`;
}
