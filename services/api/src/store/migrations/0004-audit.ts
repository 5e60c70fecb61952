import { type Kysely, sql } from 'kysely';

/** What happened: connections, files, alarms, operators' doings. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await connections(db);
  await filesAndAlarms(db);
  await db.schema
    .createTable('audit_console')
    .addColumn('guid', 'text', (c) => c.primaryKey())
    .addColumn('operator', 'text', (c) => c.notNull())
    .addColumn('subject_kind', 'integer', (c) => c.notNull())
    .addColumn('operation', 'integer', (c) => c.notNull())
    .addColumn('subject', 'text', (c) => c.notNull())
    .addColumn('ip', 'text', (c) => c.notNull())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .execute();
  await db.schema
    .createTable('audit_nonces')
    .addColumn('nonce', 'text', (c) => c.primaryKey())
    .addColumn('seen_at', 'bigint', (c) => c.notNull())
    .execute();
  for (const table of ['audit_conns', 'audit_files', 'audit_alarms', 'audit_console']) {
    await db.schema.createIndex(`${table}_by_time`).on(table).column('created_at').execute();
  }
}

async function connections(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('audit_conns')
    .addColumn('guid', 'text', (c) => c.primaryKey())
    .addColumn('device_id', 'text', (c) => c.notNull())
    .addColumn('device_uuid', 'text', (c) => c.notNull())
    .addColumn('conn_id', 'integer', (c) => c.notNull())
    .addColumn('session_id', 'text', (c) => c.notNull())
    .addColumn('ip', 'text', (c) => c.notNull())
    .addColumn('audit_ref', 'text', (c) => c.notNull())
    .addColumn('peer_id', 'text', (c) => c.notNull())
    .addColumn('peer_name', 'text', (c) => c.notNull())
    .addColumn('conn_type', 'integer')
    .addColumn('primary_auth', 'integer')
    .addColumn('two_factor', 'integer')
    .addColumn('note', 'text', (c) => c.notNull())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('seen_at', 'bigint', (c) => c.notNull())
    .addColumn('ended_at', 'bigint')
    .addColumn('presumed', 'integer', (c) => c.notNull())
    .execute();
  const index = (name: string) => db.schema.createIndex(name).on('audit_conns');
  await index('audit_conns_by_session').columns(['device_id', 'session_id']).execute();
  await index('audit_conns_by_conn').columns(['device_id', 'conn_id', 'created_at']).execute();
  await index('audit_conns_open')
    .column('seen_at')
    .where(sql.ref('ended_at'), 'is', null)
    .execute();
}

async function filesAndAlarms(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('audit_files')
    .addColumn('guid', 'text', (c) => c.primaryKey())
    .addColumn('device_id', 'text', (c) => c.notNull())
    .addColumn('peer_id', 'text', (c) => c.notNull())
    .addColumn('peer_name', 'text', (c) => c.notNull())
    .addColumn('conn_id', 'integer')
    .addColumn('ip', 'text', (c) => c.notNull())
    .addColumn('direction', 'integer', (c) => c.notNull())
    .addColumn('path', 'text', (c) => c.notNull())
    .addColumn('is_file', 'integer', (c) => c.notNull())
    .addColumn('file_count', 'bigint', (c) => c.notNull())
    .addColumn('files', 'text', (c) => c.notNull())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .execute();
  await db.schema
    .createTable('audit_alarms')
    .addColumn('guid', 'text', (c) => c.primaryKey())
    .addColumn('device_id', 'text', (c) => c.notNull())
    .addColumn('kind', 'integer', (c) => c.notNull())
    .addColumn('conn_id', 'integer')
    .addColumn('audit_ref', 'text', (c) => c.notNull())
    .addColumn('info', 'text', (c) => c.notNull())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .execute();
}
