import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startRedis, until } from '@waystation/testkit';
import { Pairs } from './pairs.js';
import { closeRedis, openRedis, redisReady, RedisUnreachable } from './redis.js';
import { newReplicaId } from './testing/new-replica-id.js';

test('after a restart of Redis commands work again, and scripts are known again', async () => {
  const own = await startRedis();
  const connection = openRedis(own.url, 'restart-test');
  try {
    await redisReady(connection);
    const pairs = new Pairs(connection, newReplicaId('relay'));
    await pairs.claim('u-1');
    await own.kill();
    await assert.rejects(pairs.claim('u-2'), 'fails at once, without a queue');
    await own.restart();
    assert.ok(await until(() => pairs.claim('u-3')));
  } finally {
    await closeRedis(connection);
    await own.stop();
  }
});

test('a Redis that is not there is told in one sentence', async (t) => {
  const connection = openRedis('redis://127.0.0.1:1', 'nowhere');
  t.after(() => closeRedis(connection));
  await assert.rejects(redisReady(connection, 200), RedisUnreachable);
});
