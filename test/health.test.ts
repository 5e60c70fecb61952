import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, before, describe, test, type TestContext } from 'node:test';
import { Caller, Device, startStack, until, type Replica, type Stack } from '@waystation/testkit';

/** How often a probe asks here; a real one asks less often. */
const ASK_MS = 250;
/** The promises: not ready within 5 s of the loss of Redis, ready again within 10 s of its return. */
const LOST_MS = 5_000;
const BACK_MS = 10_000;
/** A machine that stands still must not fail the test: the promise is counted in answers, not by the clock. */
const PATIENCE_MS = 90_000;

interface Turn {
  readonly answers: number;
  readonly ms: number;
}

/** Asks until the replica says `wanted`, and counts; it must live all the while. */
async function turnsTo(replica: Replica, wanted: boolean): Promise<Turn> {
  const begun = performance.now();
  let answers = 0;
  for (;;) {
    assert.ok(await replica.isLive(), `${replica.service} is live`);
    answers += 1;
    if ((await replica.isReady()) === wanted) return { answers, ms: performance.now() - begun };
    assert.ok(performance.now() - begun < PATIENCE_MS, `${replica.service} ready: ${wanted}`);
    await sleep(ASK_MS);
  }
}

describe('health of every service', () => {
  let stack: Stack;
  let replicas: readonly Replica[];
  const endings = new AsyncDisposableStack();
  before(async () => {
    const serviceEnv = { relay: { WAYSTATION_DRAIN_SECONDS: '60' } };
    const redis = { appendOnly: true };
    stack = await startStack({ ports: 'server', listRelays: false, redis, serviceEnv });
    endings.defer(() => stack.stop());
    await stack.add('api');
    await stack.add('prober', 0, { PROBE_INTERVAL: '1s', PROBE_INSIDE: '127.0.0.1' });
    replicas = stack.replicas;
    assert.deepEqual([...new Set(replicas.map(({ service }) => service))].sort(), [
      'api',
      'prober',
      'registry',
      'relay',
      'rendezvous',
    ]);
  });
  after(() => endings.disposeAsync());

  const all = async (context: TestContext, wanted: boolean, limitMs: number): Promise<void> => {
    const turns = await Promise.all(replicas.map((replica) => turnsTo(replica, wanted)));
    for (const [index, { answers, ms }] of turns.entries()) {
      const { service } = replicas[index] ?? assert.fail('one turn for each replica');
      context.diagnostic(
        `${service}: ready=${wanted} after ${ms.toFixed(0)} ms, ${answers} answers`,
      );
      assert.ok(answers <= limitMs / ASK_MS, `${service}: ${answers} answers`);
    }
  };

  test('Redis killed: not ready at once, live and serving all the while, ready again soon', async (context) => {
    await stack.redis.kill();
    await all(context, false, LOST_MS);
    for (const replica of replicas)
      assert.ok(await replica.isServing(), `the clients of ${replica.service} stay`);
    await stack.redis.restart();
    await all(context, true, BACK_MS);
    assert.ok(replicas.every(({ alive }) => alive));
  });

  test('Redis that hangs counts as gone', async (context) => {
    stack.redis.pause();
    context.after(() => stack.redis.resume());
    await all(context, false, LOST_MS);
    stack.redis.resume();
    await all(context, true, BACK_MS);
  });

  test('a relay that drains is neither ready nor serving, but live until its session ends', async (t) => {
    const server = stack.server();
    const device = new Device({ server, key: stack.key });
    t.after(() => device.stop());
    await device.start();
    const caller = new Caller({ server, key: stack.key, forceRelay: true });
    t.after(() => caller.stop());
    await Promise.all([caller.connect(device.id), device.session()]);
    const [relay] = stack.relays;
    assert.ok(relay);
    relay.signal('SIGTERM');
    const stepsBack = async (): Promise<boolean> =>
      !(await relay.isReady()) && !(await relay.isServing());
    await until(stepsBack, { what: 'the drain to show' });
    assert.ok(await relay.isLive());
    caller.stop();
    device.stop();
    assert.equal(await relay.finished(), 0);
  });
});
