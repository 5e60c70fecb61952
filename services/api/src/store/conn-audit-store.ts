import { randomUUID } from 'node:crypto';
import type { ConnAuditTable } from './audit-tables.js';
import type { Store } from './open-store.js';
import { type Nonce, oncePerNonce } from './nonce.js';

/** A connection on the controlled device; numbers are used again after the device restarts. */
export interface ConnKey {
  readonly deviceId: string;
  readonly deviceUuid: string;
  readonly connId: number;
}

/** What becomes known when the controlling side has logged in. */
export type Authorised = Pick<
  ConnAuditTable,
  'session_id' | 'peer_id' | 'peer_name' | 'conn_type' | 'primary_auth' | 'two_factor'
>;

/** The SQL of the connection audit. Every post is stored at most once per nonce. */
export class ConnAuditStore {
  constructor(private readonly db: Store) {}

  /** A connection opens; an older one of the same number must have ended unheard. */
  async open(key: ConnKey, ip: string, auditRef: string, nonce: Nonce): Promise<void> {
    await oncePerNonce(this.db, nonce, async (trx) => {
      const now = Date.now();
      await openRows(trx, key).set({ ended_at: now, presumed: 1 }).execute();
      await trx
        .insertInto('audit_conns')
        .values(row(key, { ip, audit_ref: auditRef }))
        .execute();
    });
  }

  /** The controlling side has logged in; without an open row (its post was lost) one is made. */
  async authorise(key: ConnKey, facts: Authorised, nonce: Nonce): Promise<void> {
    await oncePerNonce(this.db, nonce, async (trx) => {
      const done = await openRows(trx, key).set(facts).executeTakeFirst();
      if (done.numUpdatedRows > 0n) return;
      await trx.insertInto('audit_conns').values(row(key, facts)).execute();
    });
  }

  /** A connection ends; an end that we only presumed is corrected. */
  async close(key: ConnKey, nonce: Nonce): Promise<void> {
    await oncePerNonce(this.db, nonce, async (trx) => {
      const newest = await rowsOf(trx, key)
        .select(['guid', 'ended_at', 'presumed', 'session_guid'])
        .orderBy('created_at', 'desc')
        .executeTakeFirst();
      if (newest === undefined || (newest.ended_at !== null && newest.presumed === 0)) return;
      const ended_at = Date.now();
      await trx
        .updateTable('audit_conns')
        .set({ ended_at, presumed: 0 })
        .where('guid', '=', newest.guid)
        .execute();
      await trx
        .updateTable('sessions')
        .set({ ended_at, end_reason: 'reported' })
        .where('guid', '=', newest.session_guid ?? '')
        .where('end_seen', '=', 0)
        .execute();
    });
  }

  /** Sets the note of the newest row of a session, if that is open or ended after `endedAfter`. */
  async noteSession(
    deviceId: string,
    sessionId: string,
    note: string,
    endedAfter: number,
  ): Promise<void> {
    const newest = await this.ofSession(deviceId, sessionId);
    if (newest === undefined) return;
    if (newest.ended_at !== null && newest.ended_at < endedAfter) return;
    await this.note(newest.guid, note);
  }

  async note(guid: string, note: string): Promise<void> {
    await this.db.updateTable('audit_conns').set({ note }).where('guid', '=', guid).execute();
  }

  byGuid(guid: string): Promise<ConnAuditTable | undefined> {
    const found = this.db.selectFrom('audit_conns').selectAll();
    return found.where('guid', '=', guid).executeTakeFirst();
  }

  /** What the device told of a session of the session list. */
  reportOf(sessionGuid: string): Promise<ConnAuditTable | undefined> {
    const found = this.db.selectFrom('audit_conns').selectAll();
    return found.where('session_guid', '=', sessionGuid).executeTakeFirst();
  }

  /** The newest row of a session; of one connection type if that is given. */
  ofSession(
    deviceId: string,
    sessionId: string,
    connType?: number,
  ): Promise<ConnAuditTable | undefined> {
    return this.db
      .selectFrom('audit_conns')
      .selectAll()
      .where('device_id', '=', deviceId)
      .where('session_id', '=', sessionId)
      .$if(connType !== undefined, (query) => query.where('conn_type', '=', connType ?? 0))
      .orderBy('created_at', 'desc')
      .executeTakeFirst();
  }

  async markSeen(deviceId: string, connIds: readonly number[], now: number): Promise<void> {
    await this.db
      .updateTable('audit_conns')
      .set({ seen_at: now })
      .where('device_id', '=', deviceId)
      .where('conn_id', 'in', connIds)
      .where('ended_at', 'is', null)
      .execute();
  }

  /** Ends rows that no heartbeat has named since `seenBefore`, at the time they were last named. */
  async endUnseen(seenBefore: number): Promise<void> {
    await this.db
      .updateTable('audit_conns')
      .set((column) => ({ ended_at: column.ref('seen_at'), presumed: 1 }))
      .where('ended_at', 'is', null)
      .where('seen_at', '<', seenBefore)
      .execute();
  }
}

function rowsOf(db: Store, { deviceId, deviceUuid, connId }: ConnKey) {
  return db
    .selectFrom('audit_conns')
    .where('device_id', '=', deviceId)
    .where('device_uuid', '=', deviceUuid)
    .where('conn_id', '=', connId);
}

function openRows(db: Store, { deviceId, deviceUuid, connId }: ConnKey) {
  return db
    .updateTable('audit_conns')
    .where('device_id', '=', deviceId)
    .where('device_uuid', '=', deviceUuid)
    .where('conn_id', '=', connId)
    .where('ended_at', 'is', null);
}

function row(key: ConnKey, facts: Partial<ConnAuditTable>): ConnAuditTable {
  const now = Date.now();
  const nobody = { session_id: '0', peer_id: '', peer_name: '', conn_type: null };
  return {
    guid: randomUUID(),
    device_id: key.deviceId,
    device_uuid: key.deviceUuid,
    conn_id: key.connId,
    ...nobody,
    ip: '',
    audit_ref: '',
    primary_auth: null,
    two_factor: null,
    note: '',
    created_at: now,
    seen_at: now,
    ended_at: null,
    presumed: 0,
    session_guid: null,
    ...facts,
  };
}
