import { randomUUID } from 'node:crypto';
import type { AlarmAuditTable, FileAuditTable } from './audit-tables.js';
import { type Nonce, oncePerNonce } from './nonce.js';
import type { Store } from './open-store.js';

type Stamped = 'guid' | 'created_at';

/** The SQL of the file and alarm audits. Every post is stored at most once per nonce. */
export class EventAuditStore {
  constructor(private readonly db: Store) {}

  async addFile(file: Omit<FileAuditTable, Stamped>, nonce: Nonce): Promise<void> {
    await oncePerNonce(this.db, nonce, async (trx) => {
      await trx.insertInto('audit_files').values(stamped(file)).execute();
    });
  }

  async addAlarm(alarm: Omit<AlarmAuditTable, Stamped>, nonce: Nonce): Promise<void> {
    await oncePerNonce(this.db, nonce, async (trx) => {
      await trx.insertInto('audit_alarms').values(stamped(alarm)).execute();
    });
  }

  /** Nonces older than the client's last retry are of no use. */
  async removeNonces(seenBefore: number): Promise<void> {
    await this.db.deleteFrom('audit_nonces').where('seen_at', '<', seenBefore).execute();
  }
}

function stamped<T>(row: T): T & { guid: string; created_at: number } {
  return { ...row, guid: randomUUID(), created_at: Date.now() };
}
