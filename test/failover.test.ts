import assert from 'node:assert/strict';
import { after, before, describe, test, type TestContext } from 'node:test';
import { keys, openRedis, type Redis } from '@waystation/state';
import { startStack, until, type Replica, type Stack } from '@waystation/testkit';
import { Calls } from './fleet/calls.js';
import { Fleet } from './fleet/fleet.js';
import { OnlineWatch } from './fleet/online-watch.js';

const HEARTBEAT_MS = 2_000;
/** What is promised on top of a heartbeat interval, and for a new session. */
const GRACE_MS = 5_000;
const FLEET = { udp: 180, tcp: 30, ws: 30, heartbeatMs: HEARTBEAT_MS };
const CALLERS = 4;
/** Three claims of one id are accepted in a row, more after 7 s of quiet (protocol 6.2). */
const CLAIM_WINDOW_MS = 7_000;

describe('a rendezvous replica of three behind one port is killed under load', () => {
  let stack: Stack;
  let redis: Redis;
  let fleet: Fleet;
  let calls: Calls;
  const endings = new AsyncDisposableStack();

  before(async () => {
    stack = await startStack({ rendezvous: 3, relay: 1, ports: 'shared' });
    endings.defer(() => stack.stop());
    redis = openRedis(stack.redis.url, 'failover-test');
    endings.defer(() => redis.disconnect());
    fleet = await Fleet.start(stack, FLEET);
    endings.defer(() => fleet.stop());
    calls = new Calls(stack, fleet, CALLERS);
    endings.defer(() => calls.stop());
  });

  after(() => endings.disposeAsync());

  /** The replica that hears each device, as Redis has it. */
  async function owners(): Promise<Map<string, string>> {
    const pipeline = redis.pipeline();
    for (const id of fleet.ids) pipeline.hget(keys.presence(id), 'replica');
    const rows = (await pipeline.exec()) ?? [];
    const nameOf = (value: unknown): string => (typeof value === 'string' ? value : '');
    return new Map(fleet.ids.map((id, n) => [id, nameOf(rows[n]?.[1])]));
  }

  async function owned(replica: Replica): Promise<string[]> {
    return [...(await owners())].filter(([, owner]) => owner === replica.id).map(([id]) => id);
  }

  async function untilBack(victim: Replica): Promise<void> {
    try {
      await until(async () => (await owned(victim)).length === 0, {
        timeoutMs: HEARTBEAT_MS + GRACE_MS,
        everyMs: 50,
        what: 'the devices of the victim to be back',
      });
    } catch (error) {
      throw new Error(`not back: ${await describeMissing(victim)}`, { cause: error });
    }
  }

  async function describeMissing(victim: Replica): Promise<string> {
    const missing = new Set(await owned(victim));
    return fleet.devices
      .filter(({ id }) => missing.has(id))
      .map(({ id, options, keyConfirmed, results, heartbeatAnswers, faults }) =>
        JSON.stringify({
          id,
          transport: options.transport,
          keyConfirmed,
          results,
          heartbeats: heartbeatAnswers.slice(-5),
          faults: faults.slice(-2).map(String),
        }),
      )
      .join('\n');
  }

  async function killUnderLoad(t: TestContext, victim: Replica): Promise<string> {
    await until(() => calls.done.length > 0, { what: 'the first call' });
    const orphans = new Set(await owned(victim));
    assert.ok(
      orphans.size > FLEET.udp / 6,
      `the victim heard only ${String(orphans.size)} devices`,
    );
    const others = fleet.ids.filter((id) => !orphans.has(id));
    const watch = new OnlineWatch(() => [stack.server()], others);
    t.after(() => watch.stop());
    const killedMs = performance.now();
    await stack.kill(victim);
    await untilBack(victim);
    const backMs = performance.now() - killedMs;
    await until(() => calls.between(killedMs, Infinity).length >= 2 * CALLERS, { what: 'calls' });
    await watch.stop();
    assert.ok(watch.looks > 5, 'hardly an answer came');
    assert.deepEqual([...watch.seenOffline], []);
    const slow = calls.done.filter(
      ({ id, startedMs, tookMs }) =>
        startedMs + tookMs > killedMs && tookMs > GRACE_MS + (orphans.has(id) ? HEARTBEAT_MS : 0),
    );
    assert.deepEqual(slow, []);
    const longest = Math.max(...calls.between(killedMs - GRACE_MS, Infinity).map((c) => c.tookMs));
    return `${String(orphans.size)} orphans back in ${backMs.toFixed(0)} ms, longest call ${longest.toFixed(0)} ms`;
  }

  for (const nth of ['first', 'second', 'third']) {
    test(`the ${nth} one: others stay online, its own are back after a heartbeat, calls succeed`, async (t) => {
      // The oldest that lives: the newcomers of earlier rounds get behind it.
      const victim = stack.rendezvous.find(({ alive }) => alive);
      assert.ok(victim);
      t.diagnostic(await killUnderLoad(t, victim));
      const settledMs = performance.now();
      const newcomer = await stack.add('rendezvous');
      await until(async () => (await owned(newcomer)).length > 0, {
        timeoutMs: 4 * HEARTBEAT_MS,
        what: 'devices to move to the newcomer',
      });
      await until(() => performance.now() - settledMs > CLAIM_WINDOW_MS, { what: 'new claims' });
    });
  }

  test('all the while nothing printed an error and most calls needed one try', (t) => {
    const firstTry = calls.done.filter(({ tries }) => tries === 1).length;
    t.diagnostic(`${String(calls.done.length)} calls, ${String(firstTry)} at the first try`);
    t.diagnostic(JSON.stringify([...calls.failures]));
    assert.ok(firstTry > calls.done.length / 2);
    assert.doesNotMatch(stack.logs(), /"level":"error"/);
  });
});
