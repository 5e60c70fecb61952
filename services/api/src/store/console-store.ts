import { randomUUID } from 'node:crypto';
import type { ConsoleAuditTable } from './audit-tables.js';
import type { Store } from './open-store.js';

/** The SQL of what operators did. */
export class ConsoleStore {
  constructor(private readonly db: Store) {}

  async add(entry: Omit<ConsoleAuditTable, 'guid' | 'created_at'>): Promise<void> {
    const row = { ...entry, guid: randomUUID(), created_at: Date.now() };
    await this.db.insertInto('audit_console').values(row).execute();
  }
}
