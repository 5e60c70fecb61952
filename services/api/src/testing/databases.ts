import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe } from 'node:test';
import type { StoreConfig } from '../store/open-store.js';
import { type PostgresServer, findPostgres, startPostgres } from './postgres-server.js';

/** A database kind that a suite runs on. */
export interface TestDatabase {
  readonly kind: 'SQLite' | 'PostgreSQL';
  /** Settings of a new, empty database with a data folder of its own. */
  fresh(): Promise<StoreConfig>;
}

/**
 * Runs a suite on the embedded database and on a real PostgreSQL. Where the machine has no
 * PostgreSQL that half is skipped and says so; `apt-get install postgresql` brings it.
 */
export function onEveryDatabase(title: string, suite: (database: TestDatabase) => void): void {
  void describe(`${title} (SQLite)`, () => suite(sqlite()));
  const folder = findPostgres();
  const skip = folder === undefined ? 'PostgreSQL is not installed (package postgresql)' : false;
  void describe(`${title} (PostgreSQL)`, { skip }, () => suite(postgres(folder ?? '')));
}

function sqlite(): TestDatabase {
  const folders = temporaryFolders();
  const fresh = (): Promise<StoreConfig> =>
    Promise.resolve({ dataDir: folders.make(), databaseUrl: '', databaseConnections: 1 });
  return { kind: 'SQLite', fresh };
}

function postgres(folder: string): TestDatabase {
  const folders = temporaryFolders();
  let server: PostgresServer | undefined;
  before(async () => {
    server = await startPostgres(folder);
  });
  after(async () => {
    await server?.stop();
  });
  const fresh = async (): Promise<StoreConfig> => {
    if (server === undefined) throw new Error('fresh() is for hooks and tests');
    const databaseUrl = await server.createDatabase();
    return { dataDir: folders.make(), databaseUrl, databaseConnections: 4 };
  };
  return { kind: 'PostgreSQL', fresh };
}

function temporaryFolders(): { make(): string } {
  const made: string[] = [];
  after(() => {
    for (const folder of made) rmSync(folder, { recursive: true, force: true });
  });
  const make = (): string => {
    const folder = mkdtempSync(join(tmpdir(), 'api-test-'));
    made.push(folder);
    return folder;
  };
  return { make };
}
