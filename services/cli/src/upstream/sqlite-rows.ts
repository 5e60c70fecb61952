import { copyFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { inWorkFolder } from '../backup/work-folder.js';
import { Failure, reasonOf } from '../failure.js';

export type SqliteRow = Readonly<Record<string, unknown>>;

/** A server that writes without a pause for this long is better stopped. */
const COPY_TRIES = 50;
const COPY_PAUSE_MS = 100;
/** What a server has committed last, or not committed yet, may be in one of these alone. */
const LOGS = ['-wal', '-journal'];

/**
 * The rows of a query on somebody else's database, which is not touched: it is copied together with
 * its write-ahead log, and copied again when its server wrote meanwhile. Throws Failure.
 */
export function readSqlite(path: string, query: string): Promise<SqliteRow[]> {
  return inWorkFolder(async (folder) => {
    const copy = join(folder, 'copy.sqlite3');
    await copyAtRest(path, copy);
    try {
      return rowsOf(copy, query);
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
    for (const [suffix] of before) await copyFile(`${path}${suffix}`, `${copy}${suffix}`);
    const after = await stateOf(path);
    if (String(before) === String(after)) return;
    for (const [suffix] of before) await rm(`${copy}${suffix}`, { force: true });
    await sleep(COPY_PAUSE_MS);
  }
  throw new Failure(`${path} is being written all the time; stop its server and repeat this.`);
}

/** The database and what lies beside it, each with its size and the time of its last change. */
async function stateOf(path: string): Promise<[suffix: string, state: string][]> {
  const found: [string, string][] = [];
  for (const suffix of ['', ...LOGS]) {
    try {
      const { size, mtimeNs } = await stat(`${path}${suffix}`, { bigint: true });
      found.push([suffix, `${size} ${mtimeNs}`]);
    } catch (error) {
      if (suffix === '') throw new Failure(`${path} cannot be read (${reasonOf(error)}).`);
    }
  }
  return found;
}

function rowsOf(path: string, query: string): SqliteRow[] {
  const database = new DatabaseSync(path);
  try {
    const [check] = database.prepare('pragma quick_check(1)').all();
    const found = Object.values(check ?? {})[0];
    if (found !== 'ok') throw new Error(String(found));
    return database.prepare(query).all();
  } finally {
    database.close();
  }
}
