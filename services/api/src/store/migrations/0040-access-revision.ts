import { type Kysely, PostgresAdapter, type RawBuilder, sql } from 'kysely';

/** What decides who may reach what, by the table it stands in. */
const DECISIVE = {
  users: ['group_guid', 'status', 'is_admin'],
  devices: ['id', 'owner_guid', 'device_group_guid'],
  access_grants: ['from_kind', 'from_guid', 'to_kind', 'to_guid'],
};

/**
 * Counts changes of who may reach what, whoever makes them. The database itself counts, so that no
 * writer can forget to.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  // what loads a dump replaces every table but this one
  await db.schema
    .createTable('access_changes')
    .ifNotExists()
    .addColumn('id', 'integer', (c) => c.primaryKey())
    .addColumn('count', 'bigint', (c) => c.notNull())
    .execute();
  const isPostgres = db.getExecutor().adapter instanceof PostgresAdapter;
  if (isPostgres) await COUNT_IN_POSTGRES.execute(db);
  for (const [table, columns] of Object.entries(DECISIVE)) {
    const updated = `update of ${columns.join(', ')}`;
    for (const event of ['insert', 'delete', updated]) {
      const name = `count_access_${table}_${event.slice(0, 6)}`;
      await (isPostgres ? inPostgres : inSqlite)(name, event, table).execute(db);
    }
  }
}

const COUNT = `insert into access_changes (id, count) values (1, 1)
  on conflict (id) do update set count = access_changes.count + 1`;

const COUNT_IN_POSTGRES = sql`
  create or replace function count_access_change() returns trigger language plpgsql as $$
  begin
    ${sql.raw(COUNT)};
    return null;
  end $$`;

function inPostgres(name: string, event: string, table: string): RawBuilder<unknown> {
  return sql.raw(`create trigger ${name} after ${event} on ${table}
    for each statement execute function count_access_change()`);
}

function inSqlite(name: string, event: string, table: string): RawBuilder<unknown> {
  return sql.raw(`create trigger ${name} after ${event} on ${table} begin
    ${COUNT};
  end`);
}
