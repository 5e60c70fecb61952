import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import {
  asReplicaId,
  closeRedis,
  keys,
  openRedis,
  redisReady,
  type Redis,
} from '@waystation/state';
import { Device, until, type Replica } from '@waystation/testkit';
import { RECOVERY_MS, withScene, type Scene } from './outages/scene.js';

/** A lease lasts 10 s; 15 s later the registry clears away what the replica has announced. */
const GIVEN_UP_MS = 60_000;
const LAPSED_MS = 25_000;

/** As a machine does that is moved, or that has no time for this process: nothing ends, and nobody is told. */
describe('a replica that stands still and goes on', () => {
  test('a rendezvous: its devices are its own again, except for one that has moved', async (t) => {
    await withScene({ redis: { appendOnly: true } }, async (scene) => {
      const redis = await ownRedis(t, scene);
      const [other, victim] = scene.stack.rendezvous;
      assert.ok(other && victim);
      await until(() => agrees(scene, redis), { what: 'Redis to know all devices' });
      victim.signal('SIGSTOP');
      const moved = await moves(scene);
      const isGivenUp = async (): Promise<boolean> => {
        await scene.callOneOf(0);
        return (await redis.exists(keys.presence(scene.fleet.at(1).id))) === 0;
      };
      await until(isGivenUp, { timeoutMs: GIVEN_UP_MS, everyMs: 1_000, what: 'it to be given up' });
      victim.signal('SIGCONT');
      await settles(t, scene, redis, moved);
      await scene.call(moved, 1);
      scene.assertNeverAsked();
    });
  });

  test('all relays: sessions go on where they stood, and new ones come about', async (t) => {
    await withScene({ relay: 2, listRelays: false }, async (scene) => {
      const redis = await ownRedis(t, scene);
      const exchange = await scene.standingSession();
      const { relays } = scene.stack;
      for (const relay of relays) relay.signal('SIGSTOP');
      await until(async () => (await leases(redis, relays)).every((lease) => !lease), {
        timeoutMs: LAPSED_MS,
        what: 'the leases to lapse',
      });
      // Direct ones need no relay.
      await scene.callOneOf(0);
      for (const relay of relays) relay.signal('SIGCONT');
      await exchange();
      await settles(t, scene, redis);
      await exchange();
    });
  });
});

async function ownRedis(t: TestContext, scene: Scene): Promise<Redis> {
  const redis = openRedis(scene.stack.redis.url, 'freezes-test');
  t.after(() => closeRedis(redis));
  await redisReady(redis);
  return redis;
}

/** A device of replica 1 goes to replica 0, as behind one address the kernel may have it. */
async function moves(scene: Scene): Promise<Device> {
  const { options, identity } = scene.fleet.at(3);
  scene.fleet.at(3).stop();
  const moved = new Device({ ...options, identity, server: scene.stack.server(0) });
  scene.fleet.adopt(moved);
  return moved.start();
}

/** Redis says what is so, everything works, and it stays like that. */
async function settles(t: TestContext, scene: Scene, redis: Redis, moved?: Device): Promise<void> {
  const startMs = performance.now();
  const right = { timeoutMs: RECOVERY_MS, everyMs: 100, what: 'Redis to say what is so' };
  await until(() => agrees(scene, redis, moved), right);
  t.diagnostic(`Redis is right ${(performance.now() - startMs).toFixed(0)} ms after the freeze`);
  await scene.recovered();
  await agrees(scene, redis, moved);
}

/** True when each device is announced by the replica that hears it and no other, and all leases live. Rejects else. */
async function agrees(scene: Scene, redis: Redis, moved?: Device): Promise<true> {
  const { rendezvous, replicas } = scene.stack;
  const names = rendezvous.map(({ id }) => asReplicaId(id));
  const sets = await Promise.all(names.map((name) => redis.smembers(keys.presences(name))));
  for (const [n, { id }] of scene.fleet.devices.entries()) {
    const place = id === moved?.id ? 0 : n % 2;
    assert.equal(
      await redis.hget(keys.presence(id), 'replica'),
      names[place],
      `device ${String(n)}`,
    );
    assert.ok(sets[place]?.includes(id) && !sets[1 - place]?.includes(id), `set of ${String(n)}`);
  }
  assert.ok((await leases(redis, replicas)).every(Boolean), 'a lease is missing');
  return true;
}

async function leases(redis: Redis, replicas: readonly Replica[]): Promise<boolean[]> {
  const names = replicas.map(({ id }) => keys.replica(asReplicaId(id)));
  return (await redis.mget(names)).map((lease) => lease !== null);
}
