import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import type { Redis } from 'ioredis';
import { startRedis, type RedisServer } from '@waystation/testkit';
import { CloseOrders } from './close-orders.js';
import { keys } from './keys.js';
import { closeRedis, openRedis, redisReady } from './redis.js';

const A_DAY_MS = 86_400_000;

let server: RedisServer;
let redis: Redis;
let orders: CloseOrders;

before(async () => {
  server = await startRedis();
  redis = openRedis(server.url, 'close-orders-test');
  await redisReady(redis);
  orders = new CloseOrders(redis);
});

beforeEach(async () => {
  await redis.flushall();
});

after(async () => {
  await closeRedis(redis);
  await server.stop();
});

async function uuidsAfter(id: string): Promise<unknown[]> {
  return (await orders.after(id)).map(({ order }) => order);
}

test('orders are read after the last one that was read, the oldest first, with their age', async () => {
  assert.equal(await orders.newestId(), '');
  assert.deepEqual(await orders.after(''), []);
  for (const uuid of ['a', 'b', 'c']) await orders.give({ uuid });
  const all = await orders.after('');
  assert.deepEqual(
    all.map(({ order }) => order),
    [{ uuid: 'a' }, { uuid: 'b' }, { uuid: 'c' }],
  );
  for (const { ageMs } of all) assert.ok(ageMs >= 0 && ageMs < 60_000);
  assert.equal(await orders.newestId(), all[2]?.id);
  assert.deepEqual(await uuidsAfter(all[0]?.id ?? ''), [{ uuid: 'b' }, { uuid: 'c' }]);
  assert.deepEqual(await orders.after(all[2]?.id ?? ''), []);
});

test('age is told by the clock of Redis, and what cannot be read is told as such', async () => {
  const [seconds] = await redis.time();
  const hourAgo = (Number(seconds) - 3_600) * 1000;
  await redis.xadd(keys.closeOrders, `${hourAgo}-1`, 'order', '{"uuid"');
  const [old] = await orders.after('');
  assert.ok(old !== undefined && old.order === undefined);
  assert.ok(old.ageMs >= 3_599_000 && old.ageMs < 3_700_000);
});

test('after Redis was emptied and its clock went back, its orders are read all the same', async () => {
  const ahead = `${String(Date.now() + A_DAY_MS)}-0`;
  assert.deepEqual(await orders.after(ahead), []);
  await orders.give({ uuid: 'a' });
  assert.deepEqual(await uuidsAfter(ahead), [{ uuid: 'a' }]);
});

test('they end by themselves, and no more than a thousand or so are kept', async () => {
  for (let i = 0; i < 1_500; i += 1) await orders.give({ uuid: String(i) });
  const kept = await redis.xlen(keys.closeOrders);
  assert.ok(kept >= 1_000 && kept < 1_200, String(kept));
  const leftMs = await redis.pttl(keys.closeOrders);
  assert.ok(leftMs > A_DAY_MS - 60_000 && leftMs <= A_DAY_MS);
});
