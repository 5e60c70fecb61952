import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keys } from './keys.js';
import { Waiting } from './waiting.js';
import { newReplicaId } from './testing/new-replica-id.js';
import { ownRedis } from './testing/own-redis.js';

const { redis } = await ownRedis();

test('a waiting caller belongs to the replica that held it last', async () => {
  const [first, second] = [newReplicaId('rendezvous'), newReplicaId('rendezvous')];
  await new Waiting(redis, first).hold('198.51.100.23:4000');
  await new Waiting(redis, second).hold('198.51.100.23:4000');
  await new Waiting(redis, first).release('198.51.100.23:4000');
  const waiting = new Waiting(redis, second);
  assert.deepEqual(await waiting.find(['other', '198.51.100.23:4000']), {
    caller: '198.51.100.23:4000',
    replica: second,
  });
  assert.ok((await redis.pttl(keys.waiting('198.51.100.23:4000'))) > 0);
  await waiting.release('198.51.100.23:4000');
  assert.equal(await waiting.find(['198.51.100.23:4000']), undefined);
});
