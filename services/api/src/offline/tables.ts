import { sql } from 'kysely';
import type { Store } from '../store/open-store.js';

/** Rows as they are stored: text and whole numbers only, on either database. */
export type Row = Readonly<Record<string, string | number | null>>;

/** The two kinds of database differ in how they tell about themselves. */
export type StoreKind = 'sqlite' | 'postgresql';

const PAGE_ROWS = 1000;
/** What the database counts for itself: nobody's data, and another mark after every load. */
export const OWN_COUNT = 'access_changes';

/** Every table with its columns, those that others refer to first. */
export async function tablesInOrder(
  db: Store,
  kind: StoreKind,
): Promise<Map<string, ReadonlySet<string>>> {
  const tables = (await db.introspection.getTables()).filter(({ name }) => name !== OWN_COUNT);
  const columns = new Map(
    tables.map(({ name, columns: all }) => [name, new Set(all.map((column) => column.name))]),
  );
  const references = await (kind === 'sqlite' ? sqliteReferences(db) : postgresReferences(db));
  const ordered = new Map<string, ReadonlySet<string>>();
  const add = (name: string, above: readonly string[]): void => {
    const own = columns.get(name);
    if (own === undefined || ordered.has(name) || above.includes(name)) return;
    for (const { child, parent } of references) {
      if (child === name) add(parent, [...above, name]);
    }
    ordered.set(name, own);
  };
  for (const name of [...columns.keys()].sort()) add(name, []);
  return ordered;
}

interface Reference {
  readonly child: string;
  readonly parent: string;
}

async function sqliteReferences(db: Store): Promise<Reference[]> {
  const found = sql<Reference>`
    select t.name as child, k."table" as parent
    from sqlite_master t join pragma_foreign_key_list(t.name) k where t.type = 'table'`;
  return (await found.execute(db)).rows;
}

async function postgresReferences(db: Store): Promise<Reference[]> {
  const found = sql<Reference>`
    select c.relname as child, p.relname as parent
    from pg_constraint k join pg_class c on c.oid = k.conrelid join pg_class p on p.oid = k.confrelid
    where k.contype = 'f' and k.connamespace = current_schema()::regnamespace`;
  return (await found.execute(db)).rows;
}

/** All rows of a table in pages, as one transaction sees them. */
export async function* rowsOf(db: Store, kind: StoreKind, table: string): AsyncGenerator<Row[]> {
  yield* kind === 'sqlite' ? sqliteRows(db, table) : postgresRows(db, table);
}

async function* sqliteRows(db: Store, table: string): AsyncGenerator<Row[]> {
  let last = 0;
  for (;;) {
    const page = sql<Row & { rowid_: number }>`
      select rowid as rowid_, * from ${sql.table(table)}
      where rowid > ${last} order by rowid limit ${PAGE_ROWS}`;
    const { rows } = await page.execute(db);
    last = rows.at(-1)?.rowid_ ?? last;
    yield rows.map(({ rowid_: _, ...row }) => row);
    if (rows.length < PAGE_ROWS) return;
  }
}

async function* postgresRows(db: Store, table: string): AsyncGenerator<Row[]> {
  await sql`declare dumped no scroll cursor for select * from ${sql.table(table)}`.execute(db);
  for (;;) {
    const { rows } = await sql<Row>`fetch ${sql.lit(PAGE_ROWS)} from dumped`.execute(db);
    yield rows;
    if (rows.length < PAGE_ROWS) break;
  }
  await sql`close dumped`.execute(db);
}

/** Writes rows of one table; they must name known columns only. */
export async function insertRows(db: Store, table: string, rows: readonly Row[]): Promise<void> {
  const [first] = rows;
  if (first === undefined) return;
  const names = Object.keys(first);
  const values = rows.map((row) => sql`(${sql.join(names.map((name) => row[name] ?? null))})`);
  await sql`
    insert into ${sql.table(table)} (${sql.join(names.map((name) => sql.ref(name)))})
    values ${sql.join(values)}`.execute(db);
}

export async function deleteRows(db: Store, table: string): Promise<void> {
  await sql`delete from ${sql.table(table)}`.execute(db);
}

export async function countRows(db: Store, table: string): Promise<number> {
  const counted = sql<{ total: number }>`select count(*) as total from ${sql.table(table)}`;
  return Number((await counted.execute(db)).rows[0]?.total ?? 0);
}
