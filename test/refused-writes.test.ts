import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { RegisterPkResult } from '@waystation/wire';
import { closeRedis, openRedis, redisReady, type Redis } from '@waystation/state';
import { CallFailed, until } from '@waystation/testkit';
import { RECOVERY_MS, withScene, type Scene } from './outages/scene.js';

/** A lease lasts 10 s. */
const LAPSED_MS = 30_000;

/** How a Redis that answers comes to refuse what would change it, and how it is mended. */
const REFUSALS = {
  'its memory is full (OOM)': {
    begin: (redis: Redis) => redis.config('SET', 'maxmemory', '1'),
    end: (redis: Redis) => redis.config('SET', 'maxmemory', '0'),
  },
  'it follows a primary that is away (READONLY)': {
    begin: (redis: Redis) => redis.replicaof('127.0.0.1', 1),
    end: (redis: Redis) => redis.replicaof('NO', 'ONE'),
  },
} as const;

describe('a Redis that answers and refuses to write', () => {
  for (const [name, { begin, end }] of Object.entries(REFUSALS)) {
    test(`${name}: heartbeats, sessions and calls on one replica go on, the rest comes back`, async (t) => {
      await withScene({ redis: { appendOnly: true } }, async (scene) => {
        const redis = openRedis(scene.stack.redis.url, 'refusals-test');
        t.after(() => closeRedis(redis));
        await redisReady(redis);
        const exchange = await scene.standingSession();
        await begin(redis);
        const newcomer = await scene.newcomer(0).begin();
        await goesOn(scene, redis, exchange);
        assert.ok(!newcomer.results.includes(RegisterPkResult.UUID_MISMATCH));
        assert.ok(!newcomer.keyConfirmed);
        await end(redis);
        await until(() => newcomer.keyConfirmed, { timeoutMs: RECOVERY_MS, what: 'the newcomer' });
        newcomer.stop();
        t.diagnostic(`all well ${String(await scene.recovered())} ms after it was mended`);
        await exchange();
        scene.assertNeverAsked();
      });
    });
  }
});

/** What needs no write, until the leases of all replicas have lapsed. */
async function goesOn(scene: Scene, redis: Redis, exchange: () => Promise<void>): Promise<void> {
  const isLapsed = async (): Promise<boolean> => {
    await scene.moreHeartbeats(2);
    await exchange();
    for (const place of [0, 1]) await scene.callOneOf(place);
    return (await redis.keys('replica:*')).length === 0;
  };
  const limitAt = performance.now() + LAPSED_MS;
  while (!(await isLapsed())) assert.ok(performance.now() < limitAt, 'the leases stay');
  // No replica is known to live but the own one; until then devices of the other could be called.
  const isGone = async (): Promise<boolean> => (await scene.online(1))[0] === false;
  await until(isGone, {
    timeoutMs: RECOVERY_MS,
    what: 'device 0 to count as offline at the other',
  });
  await assert.rejects(scene.call(scene.fleet.at(0), 1), CallFailed);
}
