import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Kysely, PostgresDialect, SqliteDialect } from 'kysely';
import pg from 'pg';
import { type Log, StartError, reasonOf } from '@waystation/ops';
import { migrate } from './migrate.js';
import { NodeSqlite } from './node-sqlite.js';
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

/** PostgreSQL's type number of bigint; our values stay below 2^53. */
const INT8 = 20;

/** Opens the database as it is. Throws StartError when the embedded one cannot be had. */
export function connectStore(config: StoreConfig, log: Log): Store {
  const dialect = config.databaseUrl === '' ? embedded(config.dataDir) : postgres(config, log);
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

function postgres({ databaseUrl, databaseConnections }: StoreConfig, log: Log): PostgresDialect {
  const types = new pg.TypeOverrides();
  types.setTypeParser(INT8, Number);
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    max: databaseConnections,
    types,
    application_name: 'waystation-api',
    connectionTimeoutMillis: 5000,
    statement_timeout: 15_000,
  });
  const lost = (error: Error): void =>
    log.warn('lost a database connection', { error: error.message });
  // the pool hears of those that break while idle; one that is lent out has nobody else to tell, and
  // an error event without a listener ends the process. The next query opens another connection
  pool.on('error', () => undefined);
  pool.on('connect', (connection) => connection.on('error', lost));
  return new PostgresDialect({ pool });
}
