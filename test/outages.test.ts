import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, before, describe, test } from 'node:test';
import {
  Caller,
  Device,
  loopbackAddress,
  onlineStates,
  startStack,
  until,
  within,
  type Stack,
} from '@waystation/testkit';
import { Fleet } from './fleet/fleet.js';

/** The promise is 60 s (D8): WAYSTATION_TEST_FULL_OUTAGE=1 takes the whole time. */
const FULL = process.env['WAYSTATION_TEST_FULL_OUTAGE'] === '1';
/** Longer than a lease (10 s) and a command's patience (5 s), so that both run out. */
const PAUSE_MS = FULL ? 60_000 : 13_000;
const HEARTBEAT_MS = 500;
const FLEET = { udp: 24, tcp: 3, ws: 3, heartbeatMs: HEARTBEAT_MS, place: (n: number) => n % 2 };
const RECOVERY_MS = 20_000;

/** Two rendezvous replicas on ports of their own, a relay, and a fleet spread over both. */
class Scene {
  private static addresses = 8000;

  private constructor(
    readonly stack: Stack,
    readonly fleet: Fleet,
    private readonly pids: readonly (number | undefined)[],
  ) {}

  private standing: Caller | undefined;

  static async open(appendOnly: boolean): Promise<Scene> {
    const stack = await startStack({ rendezvous: 2, relay: 1, redis: { appendOnly } });
    const fleet = await Fleet.start(stack, FLEET);
    return new Scene(
      stack,
      fleet,
      stack.replicas.map(({ pid }) => pid),
    );
  }

  async close(): Promise<void> {
    this.standing?.stop();
    this.fleet.stop();
    await this.stack.stop();
  }

  address(): string {
    return loopbackAddress(Scene.addresses++);
  }

  /** Bytes there and back over a new session through replica `place`. */
  async call(device: Device, place: number, forceRelay = false): Promise<void> {
    const server = this.stack.server(place);
    const caller = new Caller({ server, key: this.stack.key, from: this.address(), forceRelay });
    try {
      const session = await within(caller.connect(device.id), 6_000, 'a session');
      assert.ok(session.verified && session.encrypted);
      const said = randomBytes(100);
      await session.leg.send(said);
      assert.deepEqual(await session.leg.receive(2_000), said);
    } finally {
      caller.stop();
    }
  }

  /** Opens a relayed session that stays; what is returned moves bytes there and back. */
  async standingSession(): Promise<() => Promise<void>> {
    const { stack } = this;
    const from = this.address();
    this.standing = new Caller({ server: stack.server(), key: stack.key, from, forceRelay: true });
    const { leg } = await this.standing.connect(this.fleet.at(4).id);
    const exchange = async (): Promise<void> => {
      const said = randomBytes(50_000);
      await leg.send(said);
      assert.deepEqual(await leg.receive(3_000), said);
    };
    await exchange();
    return exchange;
  }

  newcomer(place: number): Device {
    const server = this.stack.server(place);
    const from = this.address();
    const device = new Device({ server, key: this.stack.key, from, heartbeatMs: HEARTBEAT_MS });
    this.fleet.adopt(device);
    return device;
  }

  /** Heartbeats of the UDP devices that were answered so far. */
  heartbeats(): number[] {
    return this.fleet.devices
      .slice(0, FLEET.udp)
      .map(({ heartbeatAnswers }) => heartbeatAnswers.length);
  }

  /** Every UDP device gets `count` more answers. */
  async moreHeartbeats(count: number): Promise<void> {
    const before = this.heartbeats();
    await until(() => this.heartbeats().every((now, n) => now >= (before[n] ?? 0) + count), {
      timeoutMs: count * HEARTBEAT_MS + 4_000,
      what: 'heartbeats of all devices',
    });
  }

  async online(place: number): Promise<boolean[]> {
    return onlineStates(this.stack.server(place), this.fleet.ids, { from: this.address() });
  }

  /** Everybody is seen by both replicas, calls across replicas and new devices succeed. */
  async recovered(): Promise<number> {
    const startMs = performance.now();
    const options = { timeoutMs: RECOVERY_MS, everyMs: 200 };
    for (const place of [0, 1]) {
      const all = async () => (await this.online(place)).every(Boolean);
      await until(all, { ...options, what: `all devices online at ${String(place)}` });
      for (const n of [place, place + 1]) {
        const called = () => this.call(this.fleet.at(n), place, n % 2 === 0).then(() => true);
        await until(called, { ...options, what: 'a session' });
      }
      const device = this.newcomer(place);
      await device.start(RECOVERY_MS);
      await until(() => this.call(device, 1 - place).then(() => true), {
        ...options,
        what: 'calls',
      });
      device.stop();
    }
    assert.deepEqual(
      this.stack.replicas.map(({ pid, alive }) => (alive ? pid : 'dead')),
      this.pids,
      'a process of ours has ended',
    );
    return Math.round(performance.now() - startMs);
  }
}

describe('outages of a Redis that keeps its data', () => {
  let scene: Scene;

  before(async () => {
    scene = await Scene.open(true);
  });

  after(() => scene.close());

  test(`paused ${String(PAUSE_MS / 1000)} s: heartbeats, sessions and calls on one replica go on, the rest comes back`, async (t) => {
    const exchange = await scene.standingSession();
    scene.stack.redis.pause();
    const resumeAt = performance.now() + PAUSE_MS;
    let newcomer: Device | undefined;
    try {
      await scene.moreHeartbeats(4);
      await scene.call(scene.fleet.at(0), 0);
      await exchange();
      // Replica 1 must ask Redis where device 0 is: a refusal in words, not silence.
      await assert.rejects(scene.call(scene.fleet.at(0), 1));
      newcomer = await scene.newcomer(0).begin();
      while (performance.now() < resumeAt) {
        await scene.moreHeartbeats(2);
        // A session in use goes on; one without a byte for 30 s would end by the relay's own rule.
        await exchange();
        await sleep(HEARTBEAT_MS);
      }
      await scene.call(scene.fleet.at(2), 0);
      await exchange();
      assert.ok(!newcomer.keyConfirmed);
    } finally {
      scene.stack.redis.resume();
    }
    await until(() => newcomer.keyConfirmed, { timeoutMs: RECOVERY_MS, what: 'the newcomer' });
    newcomer.stop();
    t.diagnostic(`all well ${String(await scene.recovered())} ms after the pause`);
    await exchange();
    assertNeverAsked(scene);
  });

  test('stopped for 4 s and started again: heartbeats go on, nobody has to register anew', async (t) => {
    await scene.stack.redis.kill();
    await scene.moreHeartbeats(8);
    await scene.call(scene.fleet.at(0), 0);
    await scene.stack.redis.restart();
    t.diagnostic(`all well ${String(await scene.recovered())} ms after the start`);
    assertNeverAsked(scene);
  });
});

describe('a Redis that comes back empty', () => {
  let scene: Scene;

  before(async () => {
    scene = await Scene.open(false);
  });

  after(() => scene.close());

  test('devices are asked for their keys and own their ids again; the server key stays', async (t) => {
    const claims = () => scene.fleet.devices.map(({ results }) => results.length);
    const before = claims();
    await scene.stack.redis.restart();
    const startMs = performance.now();
    // On the same server key: the callers verify what the server signed with the key from before.
    await until(() => claims().every((now, n) => now > (before[n] ?? 0)), {
      timeoutMs: RECOVERY_MS,
      everyMs: 100,
      what: 'every device to register anew',
    });
    t.diagnostic(`all asked and answered after ${(performance.now() - startMs).toFixed(0)} ms`);
    t.diagnostic(`all well ${String(await scene.recovered())} ms later`);
    const ids = scene.fleet.ids;
    assert.ok(
      scene.fleet.devices.every(({ results }) => !results.includes(2)),
      'an id was lost',
    );
    await scene.moreHeartbeats(2);
    assert.deepEqual(scene.fleet.ids, ids);
    const again = claims();
    await scene.moreHeartbeats(4);
    assert.deepEqual(claims(), again, 'devices are asked again and again');
  });
});

/** Heartbeats were answered with "known" all the time. */
function assertNeverAsked({ fleet }: Scene): void {
  const asked = fleet.devices.filter(({ heartbeatAnswers }) => heartbeatAnswers.includes(true));
  assert.deepEqual(
    asked.map(({ id }) => id),
    [],
  );
}
