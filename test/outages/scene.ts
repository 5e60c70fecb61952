import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import {
  Caller,
  Device,
  loopbackAddress,
  onlineStates,
  startStack,
  until,
  within,
  type Replica,
  type Stack,
  type StackOptions,
} from '@waystation/testkit';
import { Fleet } from '../fleet/fleet.js';

const HEARTBEAT_MS = 500;
const FLEET = { udp: 24, tcp: 3, ws: 3, heartbeatMs: HEARTBEAT_MS, place: (n: number) => n % 2 };
/** How long anything may take to be well again after an outage. */
export const RECOVERY_MS = 20_000;

/** Two rendezvous replicas on ports of their own, a relay, and a fleet spread over both. */
export class Scene {
  private static addresses = 8000;

  private constructor(
    readonly stack: Stack,
    readonly fleet: Fleet,
    private readonly pids: readonly (number | undefined)[],
  ) {}

  private readonly ended = new Set<Replica>();
  private standing: Caller | undefined;
  private turn = 0;

  static async open(options: StackOptions): Promise<Scene> {
    const stack = await startStack({ rendezvous: 2, relay: 1, ...options });
    try {
      const fleet = await Fleet.start(stack, FLEET);
      const pids = stack.replicas.map(({ pid }) => pid);
      return new Scene(stack, fleet, pids);
    } catch (error) {
      await stack.stop();
      throw error;
    }
  }

  async close(): Promise<void> {
    this.standing?.stop();
    this.fleet.stop();
    await this.stack.stop();
  }

  /** Ends a replica as a crash does; it is missed no more. */
  async kill(replica: Replica): Promise<void> {
    this.ended.add(replica);
    await this.stack.kill(replica);
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

  /** Bytes over a new session to the next of the devices of replica `place`, through that replica. */
  async callOneOf(place: number): Promise<void> {
    this.turn += 2;
    await this.call(this.fleet.at((this.turn + place) % FLEET.udp), place);
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
      const heard = await leg.receive(3_000);
      // Not compared by assert: to tell how so many bytes differ takes all memory that there is.
      assert.ok(heard !== undefined && said.equals(heard), 'other bytes came back');
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
    this.assertNothingEnded();
    return Math.round(performance.now() - startMs);
  }

  /** The processes of the beginning run still, but for those that the test killed; what it added is its own. */
  assertNothingEnded(): void {
    const first = this.stack.replicas.slice(0, this.pids.length);
    const running = first.map((replica) =>
      replica.alive || this.ended.has(replica) ? replica.pid : 'dead',
    );
    assert.deepEqual(running, this.pids, 'a process of ours has ended');
  }

  /** Every heartbeat so far was answered with "known". */
  assertNeverAsked(): void {
    const asked = this.fleet.devices.filter(({ heartbeatAnswers }) =>
      heartbeatAnswers.includes(true),
    );
    assert.deepEqual(
      asked.map(({ id }) => id),
      [],
    );
  }
}

/** Runs `use` on a scene of its own, which ends however that ends. */
export async function withScene(
  options: StackOptions,
  use: (scene: Scene) => Promise<void>,
): Promise<void> {
  const scene = await Scene.open(options);
  try {
    await use(scene);
  } finally {
    await scene.close();
  }
}
