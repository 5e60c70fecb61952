import { sql } from 'kysely';
import type {
  AlarmAuditTable,
  ConnAuditTable,
  ConsoleAuditTable,
  FileAuditTable,
} from './audit-tables.js';
import { like } from './like.js';
import type { Store } from './open-store.js';
import type { Page, Paged } from '../http/page.js';

/** Narrows an audit list; `%` stands for anything. */
export interface AuditFilter {
  /** The controlling side. */
  readonly remote?: string;
  readonly device?: string;
  readonly operator?: string;
  readonly connType?: number;
  /** Nothing older than this, in milliseconds since 1970. */
  readonly since?: number;
}

interface Rows {
  audit_conns: ConnAuditTable;
  audit_files: FileAuditTable;
  audit_alarms: AlarmAuditTable;
  audit_console: ConsoleAuditTable;
}

/** Columns that a filter can apply to, per list. */
const COLUMNS = {
  audit_conns: { remote: 'peer_id', device: 'device_id', connType: 'conn_type' },
  audit_files: { remote: 'peer_id', device: 'device_id' },
  audit_alarms: { device: 'device_id' },
  audit_console: { operator: 'operator' },
} as const;

/** The SQL of the audit lists, newest first. */
export class AuditListStore {
  constructor(private readonly db: Store) {}

  async list<T extends keyof Rows>(
    table: T,
    filter: AuditFilter,
    page: Page,
  ): Promise<Paged<Rows[T]>> {
    const columns: Partial<Record<keyof AuditFilter, string>> = COLUMNS[table];
    let matching = this.db.selectFrom<keyof Rows>(table).where((where) => where.lit(true));
    for (const name of ['remote', 'device', 'operator'] as const) {
      const [column, pattern] = [columns[name], filter[name]];
      if (column !== undefined && pattern !== undefined) {
        matching = matching.where(like(column, pattern));
      }
    }
    const { since, connType } = filter;
    if (since !== undefined) matching = matching.where('created_at', '>=', since);
    if (connType !== undefined && columns.connType !== undefined) {
      matching = matching.where(sql<boolean>`${sql.ref(columns.connType)} = ${connType}`);
    }
    const counted = matching.select(({ fn }) => fn.countAll<number>().as('total'));
    const { total } = await counted.executeTakeFirstOrThrow();
    const newest = matching.selectAll().orderBy('created_at', 'desc').orderBy('guid');
    const data = await newest.limit(page.limit).offset(page.offset).execute();
    return { total, data: data as unknown as Rows[T][] };
  }
}
