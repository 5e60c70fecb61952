import type { Kysely } from 'kysely';

/** The device inventory and what operators want of devices. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await devices(db);
  await db.schema
    .createTable('disconnects')
    .addColumn('device_guid', 'text', (c) =>
      c.notNull().references('devices.guid').onDelete('cascade'),
    )
    .addColumn('conn_id', 'integer', (c) => c.notNull())
    .addColumn('asked_at', 'bigint', (c) => c.notNull())
    .addPrimaryKeyConstraint('disconnects_pk', ['device_guid', 'conn_id'])
    .execute();
  await db.schema
    .createTable('switch_grants')
    .addColumn('device_id', 'text', (c) => c.notNull())
    .addColumn('verifier', 'text', (c) => c.notNull())
    .addColumn('expires_at', 'bigint', (c) => c.notNull())
    .addPrimaryKeyConstraint('switch_grants_pk', ['device_id', 'verifier'])
    .execute();
}

async function devices(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('devices')
    .addColumn('guid', 'text', (c) => c.primaryKey())
    .addColumn('id', 'text', (c) => c.notNull().unique())
    .addColumn('uuid', 'text', (c) => c.notNull())
    .addColumn('owner_guid', 'text', (c) => c.references('users.guid').onDelete('set null'))
    .addColumn('device_group_guid', 'text', (c) =>
      c.references('device_groups.guid').onDelete('set null'),
    )
    .addColumn('strategy_guid', 'text', (c) => c.references('strategies.guid').onDelete('set null'))
    .addColumn('disabled', 'integer', (c) => c.notNull())
    .addColumn('note', 'text', (c) => c.notNull())
    .addColumn('device_name', 'text', (c) => c.notNull())
    .addColumn('device_username', 'text', (c) => c.notNull())
    .addColumn('hostname', 'text', (c) => c.notNull())
    .addColumn('os', 'text', (c) => c.notNull())
    .addColumn('cpu', 'text', (c) => c.notNull())
    .addColumn('memory', 'text', (c) => c.notNull())
    .addColumn('username', 'text', (c) => c.notNull())
    .addColumn('version', 'text', (c) => c.notNull())
    .addColumn('sysinfo_at', 'bigint')
    .addColumn('last_seen_at', 'bigint', (c) => c.notNull())
    .addColumn('last_ip', 'text', (c) => c.notNull())
    .addColumn('assignment_changed_at', 'bigint', (c) => c.notNull())
    .addColumn('managed_options', 'text', (c) => c.notNull())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .execute();
  for (const column of ['owner_guid', 'device_group_guid', 'last_ip']) {
    await db.schema.createIndex(`devices_by_${column}`).on('devices').column(column).execute();
  }
}
