import type { Store } from './open-store.js';

/** The SQL of permissions to connect back. */
export class SwitchGrantStore {
  constructor(private readonly db: Store) {}

  /** False for a grant that is known: the same signature counts once. */
  async add(deviceId: string, verifier: string, expiresAt: number): Promise<boolean> {
    const done = await this.db
      .insertInto('switch_grants')
      .values({ device_id: deviceId, verifier, expires_at: expiresAt })
      .onConflict((conflict) => conflict.columns(['device_id', 'verifier']).doNothing())
      .executeTakeFirst();
    return done.numInsertedOrUpdatedRows === 1n;
  }

  async removeExpired(expiredBefore: number): Promise<void> {
    await this.db.deleteFrom('switch_grants').where('expires_at', '<', expiredBefore).execute();
  }
}
