import type { Store } from './open-store.js';

/** The SQL of permissions to connect back. */
export class SwitchGrantStore {
  constructor(private readonly db: Store) {}

  /** A grant that is known is not prolonged: the same signature counts once. */
  async add(deviceId: string, verifier: string, expiresAt: number): Promise<void> {
    await this.db
      .insertInto('switch_grants')
      .values({ device_id: deviceId, verifier, expires_at: expiresAt })
      .onConflict((conflict) => conflict.columns(['device_id', 'verifier']).doNothing())
      .execute();
  }

  async removeExpired(expiredBefore: number): Promise<void> {
    await this.db.deleteFrom('switch_grants').where('expires_at', '<', expiredBefore).execute();
  }
}
