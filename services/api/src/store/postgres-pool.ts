import type { PostgresPool, PostgresPoolClient } from 'kysely';
import pg from 'pg';
import type { Log } from '@waystation/ops';
import type { StoreConfig } from './open-store.js';

/** PostgreSQL's type number of bigint; our values stay below 2^53. */
const INT8 = 20;
/** PostgreSQL itself ends a statement after this. */
const STATEMENT_MS = 15_000;
/** One that says nothing by then is frozen, or gone without a word. */
const ANSWER_MS = 20_000;
/** What the driver says then. */
const SILENT = 'Query read timeout';

/**
 * Connections to PostgreSQL. One on which no answer comes is closed: its system would go on to send
 * for a quarter of an hour, and whoever came next would wait behind the statement that hangs.
 */
export function postgresPool(
  { databaseUrl, databaseConnections }: StoreConfig,
  log: Log,
  answerMs = ANSWER_MS,
): PostgresPool {
  const types = new pg.TypeOverrides();
  types.setTypeParser(INT8, Number);
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    max: databaseConnections,
    types,
    application_name: 'waystation-api',
    connectionTimeoutMillis: 5000,
    statement_timeout: STATEMENT_MS,
    query_timeout: answerMs,
  });
  const lost = (error: Error): void =>
    log.warn('lost a database connection', { error: error.message });
  // the pool hears of those that break while idle; one that is lent out has nobody else to tell, and
  // an error event without a listener ends the process. The next query opens another connection
  pool.on('error', () => undefined);
  pool.on('connect', (connection) => connection.on('error', lost));
  return {
    options: pool.options,
    connect: async () => lent(await pool.connect()),
    end: () => pool.end(),
  };
}

function lent(client: pg.PoolClient): PostgresPoolClient {
  let isSilent = false;
  const query = async (text: string, parameters: readonly unknown[]): Promise<never> => {
    if (isSilent) throw new Error('this database connection does not answer');
    try {
      return (await client.query(text, [...parameters])) as never;
    } catch (error) {
      isSilent = error instanceof Error && error.message === SILENT;
      throw error;
    }
  };
  const release = (destroy?: boolean): void => client.release(destroy === true || isSilent);
  // without the cursors of a stream, which nobody here reads
  return { query, release } as unknown as PostgresPoolClient;
}
