import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startRedis, until } from '@waystation/testkit';
import { keys } from './keys.js';
import { RecordStream } from './record-stream.js';
import { closeRedis, openRedis, redisReady } from './redis.js';
import { ownRedis } from './testing/own-redis.js';

const { redis } = await ownRedis();

async function records(): Promise<unknown[]> {
  const entries = await redis.xrange(keys.attempts, '-', '+');
  return entries.map(([, fields]) => JSON.parse(fields[1] ?? '') as unknown);
}

test('records arrive in order, in batches, and the stream stays short', async () => {
  const stream = new RecordStream(redis, keys.attempts, { keptRecords: 500, batch: 100 });
  for (let n = 0; n < 5000; n++) stream.add({ n });
  await stream.stop();
  assert.equal(stream.written, 5000);
  const kept = await records();
  assert.ok(kept.length >= 500 && kept.length < 1000, `${kept.length}`);
  assert.deepEqual(kept.at(-1), { n: 4999 });
});

test('while Redis is away records wait, the oldest are dropped, and all comes back after', async () => {
  const own = await startRedis();
  const client = openRedis(own.url, 'records');
  await redisReady(client);
  const stream = new RecordStream(client, keys.attempts, { bufferedRecords: 100, flushMs: 20 });
  try {
    await own.kill();
    await until(() => client.status !== 'ready');
    for (let n = 0; n < 250; n++) stream.add({ n });
    await stream.flush();
    assert.deepEqual([stream.backlog, stream.dropped], [100, 150]);
    await own.restart();
    // not the backlog: a batch on its way has left it
    await until(() => stream.written === 100, { what: 'the records to be written' });
    assert.equal(stream.backlog, 0);
    assert.equal(await client.xlen(keys.attempts), 100);
  } finally {
    await stream.stop();
    await closeRedis(client);
    await own.stop();
  }
});
