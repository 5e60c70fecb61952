import assert from 'node:assert/strict';
import { it, type TestContext } from 'node:test';
import { createLog } from '@waystation/ops';
import { until } from '@waystation/testkit';
import { sql } from 'kysely';
import { onEveryDatabase } from '../testing/databases.js';
import { type Store, type StoreConfig, openStore } from './open-store.js';

const log = createLog('test', 'error');

/** The database of this configuration, or of a new one, until the test is over. */
async function open(t: TestContext, config: StoreConfig): Promise<Store> {
  const store = await openStore(config, log);
  t.after(() => store.destroy());
  return store;
}

async function isConnected(store: Store, pid: number): Promise<boolean> {
  const found = sql`select 1 from pg_stat_activity where pid = ${pid}`;
  return (await found.execute(store)).rows.length > 0;
}

onEveryDatabase('the database', (database) => {
  it('keeps what was written when it is opened again, and migrates only once', async (t) => {
    const config = await database.fresh();
    const first = await open(t, config);
    await first.insertInto('settings').values({ name: 'a', value: 'ü 🚉' }).execute();
    await first.destroy();
    const second = await open(t, config);
    const row = await second.selectFrom('settings').selectAll().executeTakeFirstOrThrow();
    assert.equal(row.value, 'ü 🚉');
  });

  it('lets two replicas that start together migrate the same database', async (t) => {
    if (database.kind === 'SQLite') return;
    const config = await database.fresh();
    await Promise.all([open(t, config), open(t, config)]);
  });

  it('outlives a connection that breaks in the middle of a transaction', async (t) => {
    if (database.kind === 'SQLite') return;
    const victim = Promise.withResolvers<number>();
    const other = Promise.withResolvers<void>();
    // before the store, which waits at its end for open transactions
    t.after(() => other.resolve());
    const store = await open(t, await database.fresh());
    const broken = store.transaction().execute(async (trx) => {
      const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(trx);
      victim.resolve(rows[0]?.pid ?? 0);
      // between two queries nobody waits for the connection, so nobody hears of its end
      await other.promise;
      await sql`select 1`.execute(trx);
    });
    const ended = assert.rejects(broken);
    await sql`select pg_terminate_backend(${await victim.promise})`.execute(store);
    await until(async () => !(await isConnected(store, await victim.promise)), { what: 'its end' });
    other.resolve();
    await ended;
    await sql`select 1`.execute(store);
  });

  it('rolls a failed transaction back', async (t) => {
    const store = await open(t, await database.fresh());
    const failing = store.transaction().execute(async (trx) => {
      await trx.insertInto('settings').values({ name: 'a', value: '1' }).execute();
      await trx.insertInto('settings').values({ name: 'a', value: '2' }).execute();
    });
    await assert.rejects(failing);
    assert.equal((await store.selectFrom('settings').selectAll().execute()).length, 0);
  });

  it('reads numbers of up to 2^53 - 1 back as numbers', async (t) => {
    const store = await open(t, await database.fresh());
    const seen_at = Number.MAX_SAFE_INTEGER;
    await store.insertInto('audit_nonces').values({ nonce: 'n', seen_at }).execute();
    const row = await store.selectFrom('audit_nonces').selectAll().executeTakeFirstOrThrow();
    assert.equal(row.seen_at, seen_at);
  });
});
