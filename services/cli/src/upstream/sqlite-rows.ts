import { copyFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { inWorkFolder } from '../backup/work-folder.js';
import { reasonOf } from '@waystation/ops';
import { Failure } from '../failure.js';

export type SqliteRow = Readonly<Record<string, unknown>>;

/** A server that writes without a pause for this long is better stopped. */
const COPY_TRIES = 50;
const COPY_PAUSE_MS = 100;
/** Rows of one table; all of them are held at once. */
const MOST_ROWS = 200_000;
/** What a server has committed last, or not committed yet, may be in one of these alone. */
const LOGS = ['-wal', '-journal'];

/**
 * The rows of a query on somebody else's database, which is not touched: it is copied together with
 * its write-ahead log, and copied again when its server wrote meanwhile. Throws Failure.
 */
export function readSqlite(path: string, query: string): Promise<SqliteRow[]> {
  return withCopy(path, (database) => database.prepare(query).all());
}

/** All rows of these tables, of one moment; a table that is not there has none. Throws Failure. */
export function readTables(
  path: string,
  names: readonly string[],
): Promise<Record<string, SqliteRow[]>> {
  return withCopy(path, (database) => {
    const known = database.prepare("select name from sqlite_master where type = 'table'").all();
    const there = new Set(known.map(({ name }) => name));
    const rows = (name: string) => (there.has(name) ? plainRows(database, name) : []);
    return Object.fromEntries(names.map((name) => [name, rows(name)]));
  });
}

function plainRows(database: DatabaseSync, table: string): SqliteRow[] {
  const all = database.prepare(`select * from "${table}" limit ${MOST_ROWS + 1}`);
  // a number beyond 2^53 would end the reading of its whole table
  all.setReadBigInts(true);
  const rows = all.all();
  if (rows.length > MOST_ROWS) throw new Error(`${table} has more than ${MOST_ROWS} rows`);
  return rows.map((row) =>
    Object.fromEntries(Object.entries(row).map(([name, value]) => [name, plain(value)])),
  );
}

function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  return value instanceof Uint8Array ? Buffer.from(value).toString('utf8') : value;
}

function withCopy<T>(path: string, read: (database: DatabaseSync) => T): Promise<T> {
  return inWorkFolder(async (folder) => {
    const copy = join(folder, 'copy.sqlite3');
    await copyAtRest(path, copy);
    try {
      return readWhole(copy, read);
    } catch (error) {
      throw new Failure(
        `${path} cannot be read (${reasonOf(error)}); is it the right file, and whole?`,
      );
    }
  });
}

async function copyAtRest(path: string, copy: string): Promise<void> {
  for (let tries = 0; tries < COPY_TRIES; tries++) {
    const before = await stateOf(path);
    await copyAll(path, copy, before);
    const after = await stateOf(path);
    if (String(before) === String(after)) return;
    for (const [suffix] of before) await rm(`${copy}${suffix}`, { force: true });
    await sleep(COPY_PAUSE_MS);
  }
  throw new Failure(`${path} is being written all the time; stop its server and repeat this.`);
}

async function copyAll(
  path: string,
  copy: string,
  state: readonly (readonly [suffix: string, state: string])[],
): Promise<void> {
  for (const [suffix] of state) {
    try {
      await copyFile(`${path}${suffix}`, `${copy}${suffix}`);
    } catch (error) {
      // a log goes when its server closes the database: the state afterwards shows it
      if (suffix === '' || !isMissing(error)) {
        throw new Failure(`${path}${suffix} cannot be copied (${reasonOf(error)}).`);
      }
    }
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

/** The database and what lies beside it, each with its size and the time of its last change. */
async function stateOf(path: string): Promise<[suffix: string, state: string][]> {
  const found: [string, string][] = [];
  for (const suffix of ['', ...LOGS]) {
    try {
      const facts = await stat(`${path}${suffix}`, { bigint: true });
      if (!facts.isFile()) throw new Failure(`${path}${suffix} is no file.`);
      found.push([suffix, `${facts.size} ${facts.mtimeNs}`]);
    } catch (error) {
      if (error instanceof Failure) throw error;
      if (suffix === '') throw new Failure(`${path} cannot be read (${reasonOf(error)}).`);
    }
  }
  return found;
}

function readWhole<T>(path: string, read: (database: DatabaseSync) => T): T {
  const database = new DatabaseSync(path);
  try {
    const [check] = database.prepare('pragma quick_check(1)').all();
    const found = Object.values(check ?? {})[0];
    if (found !== 'ok') throw new Error(String(found));
    return read(database);
  } finally {
    database.close();
  }
}
