import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createLog } from '@waystation/ops';
import { onEveryDatabase } from '../testing/databases.js';
import { openStore } from './open-store.js';

const log = createLog('test', 'error');

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
