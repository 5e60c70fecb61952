import assert from 'node:assert/strict';
import { it } from 'node:test';
import { Kysely, PostgresDialect, sql } from 'kysely';
import { createLog } from '@waystation/ops';
import { onEveryDatabase } from '../testing/databases.js';
import { postgresPool } from './postgres-pool.js';

onEveryDatabase('connections to PostgreSQL', (database) => {
  it('that do not answer are replaced, and nobody waits behind them', async (t) => {
    if (database.kind === 'SQLite') return;
    const config = { ...(await database.fresh()), databaseConnections: 1 };
    const pool = postgresPool(config, createLog('test', 'error'), 1_000);
    const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) });
    t.after(() => db.destroy());
    const backend = async (): Promise<number | undefined> =>
      (await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(db)).rows[0]?.pid;
    const before = await backend();
    assert.equal(await backend(), before);
    await assert.rejects(sql`select pg_sleep(14)`.execute(db), /timeout/);
    const after = await backend();
    assert.notEqual(after, before);
    // and in a transaction, whose end could not be told either
    const hanging = db.transaction().execute((trx) => sql`select pg_sleep(14)`.execute(trx));
    await assert.rejects(hanging, /does not answer/);
    assert.notEqual(await backend(), after);
    await assert.rejects(sql`select nonsense`.execute(db), /nonsense/);
  });
});
