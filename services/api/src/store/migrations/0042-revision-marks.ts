import { type Kysely, PostgresAdapter, type RawBuilder, sql } from 'kysely';

/** Rows of `access_changes`, what they count (migrations 0040, 0041), and PostgreSQL's function for it. */
const COUNTS = [
  {
    id: 1,
    trigger: 'count_access',
    counts: 'count_access_change',
    decisive: {
      users: ['group_guid', 'status', 'is_admin'],
      devices: ['id', 'owner_guid', 'device_group_guid'],
      access_grants: ['from_kind', 'from_guid', 'to_kind', 'to_guid'],
    },
  },
  {
    id: 2,
    trigger: 'count_roles',
    counts: 'count_role_change',
    decisive: {
      users: ['control_role_guid'],
      control_roles: ['applies_to', 'enabled', 'permissions'],
    },
  },
];

/**
 * Each change gets a random mark beside its number. A database that was restored from a copy or put in
 * another's place may come to any number again, but to no mark that something else was published under.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  const isPostgres = db.getExecutor().adapter instanceof PostgresAdapter;
  const mark = isPostgres ? 'gen_random_uuid()::text' : 'lower(hex(randomblob(16)))';
  await db.schema
    .alterTable('access_changes')
    .addColumn('mark', 'text', (c) => c.notNull().defaultTo(''))
    .execute();
  for (const { id, trigger, counts, decisive } of COUNTS) {
    const count = `insert into access_changes (id, count, mark) values (${id}, 1, ${mark})
      on conflict (id) do update set count = access_changes.count + 1, mark = excluded.mark`;
    // what is there already has a mark as well
    await sql.raw(count).execute(db);
    if (isPostgres) await inPostgres(counts, count).execute(db);
    else await inSqlite(db, trigger, decisive, count);
  }
}

/** The triggers stay and call what is replaced here. */
function inPostgres(name: string, count: string): RawBuilder<unknown> {
  return sql.raw(`
    create or replace function ${name}() returns trigger language plpgsql as $$
    begin
      ${count};
      return null;
    end $$`);
}

async function inSqlite(
  db: Kysely<unknown>,
  prefix: string,
  decisive: Readonly<Record<string, readonly string[] | undefined>>,
  count: string,
): Promise<void> {
  for (const [table, columns = []] of Object.entries(decisive)) {
    for (const event of ['insert', 'delete', `update of ${columns.join(', ')}`]) {
      const name = `${prefix}_${table}_${event.slice(0, 6)}`;
      await sql.raw(`drop trigger ${name}`).execute(db);
      await sql
        .raw(`create trigger ${name} after ${event} on ${table} begin ${count}; end`)
        .execute(db);
    }
  }
}
