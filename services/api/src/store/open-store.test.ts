import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createLog } from '@waystation/ops';
import { until } from '@waystation/testkit';
import { sql } from 'kysely';
import { onEveryDatabase } from '../testing/databases.js';
import { type Store, openStore } from './open-store.js';

const log = createLog('test', 'error');

async function isConnected(store: Store, pid: number): Promise<boolean> {
  const found = sql`select 1 from pg_stat_activity where pid = ${pid}`;
  return (await found.execute(store)).rows.length > 0;
}

onEveryDatabase('the database', (database) => {
  it('keeps what was written when it is opened again, and migrates only once', async () => {
    const config = await database.fresh();
    const first = await openStore(config, log);
    await first.insertInto('settings').values({ name: 'a', value: 'ü 🚉' }).execute();
    await first.destroy();
    const second = await openStore(config, log);
    const row = await second.selectFrom('settings').selectAll().executeTakeFirstOrThrow();
    assert.equal(row.value, 'ü 🚉');
    await second.destroy();
  });

  it('lets two replicas that start together migrate the same database', async () => {
    if (database.kind === 'SQLite') return;
    const config = await database.fresh();
    const both = await Promise.all([openStore(config, log), openStore(config, log)]);
    await Promise.all(both.map((store) => store.destroy()));
  });

  it('outlives a connection that breaks in the middle of a transaction', async () => {
    if (database.kind === 'SQLite') return;
    const store = await openStore(await database.fresh(), log);
    const victim = Promise.withResolvers<number>();
    const other = Promise.withResolvers<void>();
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
    await store.destroy();
  });

  it('rolls a failed transaction back', async () => {
    const store = await openStore(await database.fresh(), log);
    const failing = store.transaction().execute(async (trx) => {
      await trx.insertInto('settings').values({ name: 'a', value: '1' }).execute();
      await trx.insertInto('settings').values({ name: 'a', value: '2' }).execute();
    });
    await assert.rejects(failing);
    assert.equal((await store.selectFrom('settings').selectAll().execute()).length, 0);
    await store.destroy();
  });

  it('reads numbers of up to 2^53 - 1 back as numbers', async () => {
    const store = await openStore(await database.fresh(), log);
    const seen_at = Number.MAX_SAFE_INTEGER;
    await store.insertInto('audit_nonces').values({ nonce: 'n', seen_at }).execute();
    const row = await store.selectFrom('audit_nonces').selectAll().executeTakeFirstOrThrow();
    assert.equal(row.seen_at, seen_at);
    await store.destroy();
  });
});
