import { randomUUID } from 'node:crypto';
import type { Store } from './open-store.js';

/** The SQL of alarms that the server raises itself. */
export class AlarmStore {
  constructor(private readonly db: Store) {}

  /** Somebody tries to guess the way into an account. */
  async addForAccount(kind: number, account: string, address: string): Promise<void> {
    const info = JSON.stringify({ name: account, ip: address });
    await this.db
      .insertInto('audit_alarms')
      .values({
        guid: randomUUID(),
        device_id: '',
        kind,
        conn_id: null,
        audit_ref: '',
        info,
        created_at: Date.now(),
      })
      .execute();
  }
}
