import { knownMigrations, migrate, migrateTo } from '../store/migrate.js';
import type { Store } from '../store/open-store.js';
import { DUMP_FORMAT } from './dump.js';
import {
  OWN_COUNT,
  countRows,
  deleteRows,
  insertRows,
  tablesInOrder,
  type Row,
  type StoreKind,
} from './tables.js';

/** The lines cannot be loaded; the message is a sentence for the operator. */
export class LoadError extends Error {
  override readonly name = 'LoadError';
}

const BATCH_ROWS = 200;

type Tables = ReadonlyMap<string, ReadonlySet<string>>;

/**
 * Loads what writeDump has written, all or nothing, and brings the schema up to date. Refuses a
 * database that has rows unless `force`, which deletes them. Returns the number of rows of each table.
 */
export async function loadDump(
  db: Store,
  kind: StoreKind,
  lines: AsyncIterable<string>,
  force: boolean,
): Promise<Record<string, number>> {
  const reader = lines[Symbol.asyncIterator]();
  const first = await reader.next();
  const wanted = migrationsOf(first.done === true ? '' : first.value);
  await prepare(db, kind, wanted, force);
  const counts = await db.transaction().execute(async (trx) => {
    const tables = await tablesInOrder(trx, kind);
    for (const name of [...tables.keys()].reverse()) await deleteRows(trx, name);
    return insertAll(trx, tables, { [Symbol.asyncIterator]: () => reader });
  });
  await migrate(db);
  return counts;
}

/** The schema that the rows were written with, and a target that may be overwritten. */
async function prepare(
  db: Store,
  kind: StoreKind,
  wanted: readonly string[],
  force: boolean,
): Promise<void> {
  const known = await knownMigrations(db);
  const newer = wanted.filter((name) => !known.some((each) => each.name === name));
  if (newer.length > 0) {
    const names = newer.join(', ');
    throw new LoadError(`These accounts were written by a newer release (${names}); use that one.`);
  }
  const tables = await tablesInOrder(db, kind);
  if (!force) await requireEmpty(db, tables);
  const done = known.filter((each) => each.done).map(({ name }) => name);
  if (done.join() === wanted.join()) return;
  for (const name of [...tables.keys()].reverse()) await db.schema.dropTable(name).execute();
  for (const name of [OWN_COUNT, 'kysely_migration', 'kysely_migration_lock']) {
    await db.schema.dropTable(name).ifExists().execute();
  }
  await migrateTo(db, wanted.at(-1) ?? '');
}

async function requireEmpty(db: Store, tables: Tables): Promise<void> {
  for (const name of tables.keys()) {
    const rows = await countRows(db, name);
    if (rows > 0) {
      throw new LoadError(
        `The database is not empty (${name} has ${rows} rows); --force overwrites it.`,
      );
    }
  }
}

async function insertAll(
  trx: Store,
  tables: Tables,
  lines: AsyncIterable<string>,
): Promise<Record<string, number>> {
  const counts = Object.fromEntries([...tables.keys()].map((name) => [name, 0]));
  let batch: { table: string; rows: Row[] } = { table: '', rows: [] };
  const flush = async (table: string): Promise<void> => {
    await insertRows(trx, batch.table, batch.rows);
    batch = { table, rows: [] };
  };
  for await (const text of lines) {
    const [kind, second, third] = parsed(text);
    if (kind === 'end') {
      await flush('');
      requireSame(counts, second);
      return counts;
    }
    const table = String(second);
    const row = checkedRow(tables, table, third);
    if (table !== batch.table || batch.rows.length >= BATCH_ROWS) await flush(table);
    batch.rows.push(row);
    counts[table] = (counts[table] ?? 0) + 1;
  }
  throw new LoadError('The accounts end too early: the file is cut off.');
}

function requireSame(counts: Readonly<Record<string, number>>, told: unknown): void {
  const wanted = Object.entries(typeof told === 'object' && told !== null ? told : {});
  const wrong = wanted.find(([table, rows]) => (counts[table] ?? 0) !== rows);
  if (wrong === undefined) return;
  throw new LoadError(`The accounts are damaged: ${wrong[0]} has not ${String(wrong[1])} rows.`);
}

function checkedRow(tables: Tables, table: string, value: unknown): Row {
  const columns = tables.get(table);
  const row: Record<string, unknown> =
    typeof value === 'object' && value !== null ? { ...value } : {};
  const names = Object.keys(row);
  const fits = names.length === columns?.size && names.every((name) => columns.has(name));
  const plain = Object.values(row).every(
    (field) => field === null || typeof field === 'string' || typeof field === 'number',
  );
  if (fits && plain) return row as Row;
  throw new LoadError(`The accounts are damaged: a row of "${table}" does not fit its table.`);
}

function migrationsOf(text: string): string[] {
  const [kind, value] = parsed(text);
  const fields: { format?: unknown; migrations?: unknown } =
    typeof value === 'object' && value !== null ? value : {};
  const { format, migrations } = fields;
  const isList = Array.isArray(migrations) && migrations.every((name) => typeof name === 'string');
  if (kind !== 'dump' || !isList) throw new LoadError('This is no dump of accounts.');
  if (format !== DUMP_FORMAT) {
    throw new LoadError(
      `This release reads dumps of format ${DUMP_FORMAT}, not ${String(format)}.`,
    );
  }
  return migrations;
}

function parsed(text: string): unknown[] {
  try {
    const value: unknown = JSON.parse(text);
    if (Array.isArray(value)) return value;
  } catch {
    // told below, as any other line that is none of ours
  }
  throw new LoadError('The accounts are damaged: a line is not what a dump has.');
}
