import type { Store } from './open-store.js';

/** The SQL of connections that an operator wants closed. */
export class DisconnectStore {
  constructor(private readonly db: Store) {}

  async ask(deviceGuid: string, connId: number): Promise<void> {
    await this.db
      .insertInto('disconnects')
      .values({ device_guid: deviceGuid, conn_id: connId, asked_at: Date.now() })
      .onConflict((conflict) => conflict.columns(['device_guid', 'conn_id']).doNothing())
      .execute();
  }

  async asked(deviceGuid: string): Promise<number[]> {
    const rows = await this.db
      .selectFrom('disconnects')
      .select('conn_id')
      .where('device_guid', '=', deviceGuid)
      .orderBy('conn_id')
      .execute();
    return rows.map((row) => row.conn_id);
  }

  /** Forgets connections that are closed; their numbers will be used again. */
  async forget(deviceGuid: string, connIds: readonly number[]): Promise<void> {
    await this.db
      .deleteFrom('disconnects')
      .where('device_guid', '=', deviceGuid)
      .where('conn_id', 'in', connIds)
      .execute();
  }
}
