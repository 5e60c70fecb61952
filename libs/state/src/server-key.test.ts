import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ServerKey } from './server-key.js';
import { ownRedis } from './testing/own-redis.js';

const { redis } = await ownRedis();

test('the server key is waited for', async () => {
  const serverKey = new ServerKey(redis);
  await assert.rejects(serverKey.wait(10), /registry/);
  const facts = { publicKey: Buffer.alloc(32, 5), licenceKey: 'k', signs: true };
  const waiting = serverKey.wait(5_000);
  await serverKey.publish(facts);
  assert.deepEqual(await waiting, facts);
});
