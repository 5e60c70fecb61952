import { type Kysely, sql } from 'kysely';

/** What the servers saw: attempts and sessions, and which session a device's own report belongs to. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await attempts(db);
  await sessions(db);
  await db.schema.alterTable('audit_conns').addColumn('session_guid', 'text').execute();
  const index = (name: string) => db.schema.createIndex(name).on('audit_conns');
  await index('audit_conns_by_joined').column('session_guid').execute();
  await index('audit_conns_unjoined')
    .column('created_at')
    .where(sql.ref('session_guid'), 'is', null)
    .where(sql.ref('peer_id'), '<>', sql.lit(''))
    .execute();
}

async function attempts(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('attempts')
    .addColumn('attempt', 'text', (c) => c.primaryKey())
    .addColumn('asked', 'text', (c) => c.notNull())
    .addColumn('outcome', 'text', (c) => c.notNull())
    .addColumn('started_at', 'bigint', (c) => c.notNull())
    .addColumn('took_ms', 'bigint', (c) => c.notNull())
    .addColumn('caller_ip', 'text', (c) => c.notNull())
    .addColumn('caller_transport', 'text', (c) => c.notNull())
    .addColumn('callee_id', 'text', (c) => c.notNull())
    .addColumn('callee_ip', 'text', (c) => c.notNull())
    .addColumn('user_guid', 'text', (c) => c.notNull())
    .addColumn('user_name', 'text', (c) => c.notNull())
    .addColumn('uuid', 'text', (c) => c.notNull())
    .addColumn('replica', 'text', (c) => c.notNull())
    .addColumn('steps', 'text', (c) => c.notNull())
    .execute();
  await indexes(db, 'attempts', ['callee_id', 'user_name', 'outcome']);
}

async function sessions(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('sessions')
    .addColumn('guid', 'text', (c) => c.primaryKey())
    .addColumn('attempt', 'text', (c) => c.notNull())
    .addColumn('uuid', 'text', (c) => c.notNull())
    .addColumn('path', 'text', (c) => c.notNull())
    .addColumn('verified', 'integer', (c) => c.notNull())
    .addColumn('caller_id', 'text', (c) => c.notNull())
    .addColumn('caller_name', 'text', (c) => c.notNull())
    .addColumn('caller_ip', 'text', (c) => c.notNull())
    .addColumn('caller_transport', 'text', (c) => c.notNull())
    .addColumn('callee_id', 'text', (c) => c.notNull())
    .addColumn('callee_ip', 'text', (c) => c.notNull())
    .addColumn('callee_transport', 'text', (c) => c.notNull())
    .addColumn('user_guid', 'text', (c) => c.notNull())
    .addColumn('user_name', 'text', (c) => c.notNull())
    .addColumn('relay', 'text', (c) => c.notNull())
    .addColumn('started_at', 'bigint', (c) => c.notNull())
    .addColumn('ended_at', 'bigint')
    .addColumn('end_seen', 'integer', (c) => c.notNull())
    .addColumn('end_reason', 'text', (c) => c.notNull())
    .addColumn('bytes', 'bigint')
    .addColumn('caller_bytes', 'bigint')
    .addColumn('callee_bytes', 'bigint')
    .addColumn('outcome', 'text', (c) => c.notNull())
    .addColumn('conn_type', 'integer')
    .addColumn('joined', 'integer', (c) => c.notNull())
    .execute();
  await indexes(db, 'sessions', ['caller_id', 'callee_id', 'user_name']);
  const index = (name: string) => db.schema.createIndex(name).on('sessions');
  await index('sessions_unjoined')
    .column('guid')
    .where(sql.ref('joined'), '=', sql.lit(0))
    .execute();
  await index('sessions_open').column('guid').where(sql.ref('ended_at'), 'is', null).execute();
}

/** By time, and by time within each of these columns. */
async function indexes(db: Kysely<unknown>, table: string, columns: string[]): Promise<void> {
  await db.schema.createIndex(`${table}_by_time`).on(table).column('started_at').execute();
  for (const column of columns) {
    const index = db.schema.createIndex(`${table}_by_${column}`).on(table);
    await index.columns([column, 'started_at']).execute();
  }
}
