import { type Kysely, PostgresAdapter, type RawBuilder, sql } from 'kysely';

/** What decides what a caller may do, by the table it stands in. */
const DECISIVE = {
  users: ['control_role_guid'],
  control_roles: ['applies_to', 'enabled', 'permissions'],
};

/** Roles of callers. The database counts their changes itself, in a row of `access_changes` of their own. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('control_roles')
    .addColumn('guid', 'text', (c) => c.primaryKey())
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('name_key', 'text', (c) => c.notNull().unique())
    .addColumn('applies_to', 'text', (c) => c.unique())
    .addColumn('enabled', 'integer', (c) => c.notNull())
    .addColumn('permissions', 'text', (c) => c.notNull())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .execute();
  await db.schema
    .alterTable('users')
    .addColumn('control_role_guid', 'text', (c) =>
      c.references('control_roles.guid').onDelete('set null'),
    )
    .execute();
  await db.schema
    .createIndex('users_by_control_role_guid')
    .on('users')
    .column('control_role_guid')
    .execute();
  const isPostgres = db.getExecutor().adapter instanceof PostgresAdapter;
  if (isPostgres) await COUNT_IN_POSTGRES.execute(db);
  for (const [table, columns] of Object.entries(DECISIVE)) {
    const updated = `update of ${columns.join(', ')}`;
    for (const event of ['insert', 'delete', updated]) {
      const name = `count_roles_${table}_${event.slice(0, 6)}`;
      await (isPostgres ? inPostgres : inSqlite)(name, event, table).execute(db);
    }
  }
}

const COUNT = `insert into access_changes (id, count) values (2, 1)
  on conflict (id) do update set count = access_changes.count + 1`;

const COUNT_IN_POSTGRES = sql`
  create or replace function count_role_change() returns trigger language plpgsql as $$
  begin
    ${sql.raw(COUNT)};
    return null;
  end $$`;

function inPostgres(name: string, event: string, table: string): RawBuilder<unknown> {
  return sql.raw(`create trigger ${name} after ${event} on ${table}
    for each statement execute function count_role_change()`);
}

function inSqlite(name: string, event: string, table: string): RawBuilder<unknown> {
  return sql.raw(`create trigger ${name} after ${event} on ${table} begin
    ${COUNT};
  end`);
}
