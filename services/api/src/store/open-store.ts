import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Kysely, PostgresDialect, SqliteDialect } from 'kysely';
import { type Log, StartError, reasonOf } from '@waystation/ops';
import { migrate } from './migrate.js';
import { NodeSqlite } from './node-sqlite.js';
import { postgresPool } from './postgres-pool.js';
import type { Schema } from './schema.js';

/** Injection token of the database. */
export const STORE = Symbol('STORE');

/** The database; what runs inside `transaction()` is all or nothing. */
export type Store = Kysely<Schema>;

/** The part of the configuration that says where accounts live. */
export interface StoreConfig {
  readonly dataDir: string;
  readonly databaseUrl: string;
  readonly databaseConnections: number;
}

/** Opens the database as it is. Throws StartError when the embedded one cannot be had. */
export function connectStore(config: StoreConfig, log: Log): Store {
  const dialect =
    config.databaseUrl === ''
      ? embedded(config.dataDir)
      : new PostgresDialect({ pool: postgresPool(config, log) });
  return new Kysely<Schema>({ dialect });
}

/** Opens the database and brings its schema up to date. Throws StartError when it cannot be had. */
export async function openStore(config: StoreConfig, log: Log): Promise<Store> {
  const store = connectStore(config, log);
  try {
    await migrate(store);
  } catch (error) {
    await store.destroy();
    throw error;
  }
  return store;
}

function embedded(dataDir: string): SqliteDialect {
  const path = join(dataDir, 'waystation.sqlite');
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    return new SqliteDialect({ database: new NodeSqlite(path) });
  } catch (error) {
    const reason = reasonOf(error);
    throw new StartError(
      `The database ${path} cannot be opened (${reason}); set WAYSTATION_DATA_DIR to a folder that this user may write.`,
    );
  }
}
