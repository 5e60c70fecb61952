import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { freePort, until, type Device } from '@waystation/testkit';
import { RECOVERY_MS, withScene, type Scene } from './outages/scene.js';

/** The promise is 60 s (D8): WAYSTATION_TEST_FULL_OUTAGE=1 takes the whole time. */
const FULL = process.env['WAYSTATION_TEST_FULL_OUTAGE'] === '1';
/** Longer than a lease (10 s) and a command's patience (5 s), so that both run out. */
const PAUSE_MS = FULL ? 60_000 : 13_000;

describe('outages of Redis and of the api', () => {
  test(`Redis paused ${String(PAUSE_MS / 1000)} s: heartbeats, sessions and calls on one replica go on, the rest comes back`, async (t) => {
    await withScene({ redis: { appendOnly: true } }, async (scene) => {
      const exchange = await scene.standingSession();
      const newcomer = await pauseRedis(scene, exchange);
      await until(() => newcomer.keyConfirmed, { timeoutMs: RECOVERY_MS, what: 'the newcomer' });
      newcomer.stop();
      t.diagnostic(`all well ${String(await scene.recovered())} ms after the pause`);
      await exchange();
      scene.assertNeverAsked();
    });
  });

  test('Redis stopped for 4 s and started again: heartbeats go on, nobody has to register anew', async (t) => {
    await withScene({ redis: { appendOnly: true } }, async (scene) => {
      await scene.stack.redis.kill();
      await scene.moreHeartbeats(8);
      await scene.call(scene.fleet.at(0), 0);
      await assert.rejects(scene.call(scene.fleet.at(0), 1));
      await scene.stack.redis.restart();
      t.diagnostic(`all well ${String(await scene.recovered())} ms after the start`);
      scene.assertNeverAsked();
    });
  });

  test('a Redis that comes back empty: devices are asked for their keys and own their ids again; the server key stays', async (t) => {
    await withScene({}, async (scene) => {
      await emptyRedis(scene);
      t.diagnostic(`all well ${String(await scene.recovered())} ms after all had registered`);
      const { ids, devices } = scene.fleet;
      const lost = devices.filter(({ results }) => results.includes(2));
      assert.deepEqual(lost, [], 'an id was lost');
      await scene.moreHeartbeats(2);
      assert.deepEqual(scene.fleet.ids, ids);
      const again = claims(scene);
      await scene.moreHeartbeats(4);
      assert.deepEqual(claims(scene), again, 'devices are asked again and again');
    });
  });

  test('the api killed in the middle: devices, calls and new registrations do not notice', async () => {
    const port = await freePort();
    const api = { API_PORT: String(port) };
    const rendezvous = { HTTP_PROXY_TARGET: `http://127.0.0.1:${String(port)}` };
    await withScene({ serviceEnv: { api, rendezvous } }, async (scene) => {
      const replica = await scene.stack.add('api', port);
      const exchange = await scene.standingSession();
      await scene.callOneOf(0);
      await scene.stack.kill(replica);
      await scene.moreHeartbeats(4);
      await exchange();
      assert.ok((await scene.online(0)).every(Boolean));
      await scene.recovered();
      scene.assertNeverAsked();
    });
  });
});

/** Uses everything that must go on while Redis is frozen; the device that tried to register meanwhile. */
async function pauseRedis(scene: Scene, exchange: () => Promise<void>): Promise<Device> {
  scene.stack.redis.pause();
  try {
    const resumeAt = performance.now() + PAUSE_MS;
    await scene.moreHeartbeats(4);
    await scene.call(scene.fleet.at(0), 0);
    // Replica 1 must ask Redis where device 0 is: a refusal in words, not silence.
    await assert.rejects(scene.call(scene.fleet.at(0), 1));
    const newcomer = await scene.newcomer(0).begin();
    while (performance.now() < resumeAt) {
      await scene.moreHeartbeats(2);
      // A session in use goes on; one without a byte for 30 s would end by the relay's own rule.
      await exchange();
      for (const place of [0, 1]) await scene.callOneOf(place);
    }
    assert.ok(!newcomer.keyConfirmed);
    return newcomer;
  } finally {
    scene.stack.redis.resume();
  }
}

/** On the same server key: callers verify what the server signs from now on with the key from before. */
async function emptyRedis(scene: Scene): Promise<void> {
  const before = claims(scene);
  await scene.stack.redis.restart();
  await until(() => claims(scene).every((now, n) => now > (before[n] ?? 0)), {
    timeoutMs: RECOVERY_MS,
    everyMs: 100,
    what: 'every device to register anew',
  });
}

function claims(scene: Scene): number[] {
  return scene.fleet.devices.map(({ results }) => results.length);
}
