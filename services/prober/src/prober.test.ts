import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Identities, keys, openRedis, Probes, type Redis } from '@waystation/state';
import { Caller, CallFailed, Device, until, type Replica, type Stack } from '@waystation/testkit';
import { STEPS } from './steps.js';
import {
  addProber,
  linesOf,
  looksSucceed,
  startServer,
  stepsOf,
  warningsOf,
} from './testing/probing.js';

for (const replicas of [1, 2]) {
  describe(`a healthy server with ${String(replicas)} rendezvous and relays`, () => {
    let stack: Stack;
    let redis: Redis;
    let prober: Replica;
    const endings = new AsyncDisposableStack();
    before(async () => {
      // a login is demanded and sessions are followed: the prober has no account
      const env = { MUST_LOGIN: 'required', SESSION_TRACKING: 'Y' };
      stack = await startServer({
        rendezvous: replicas,
        relay: replicas,
        serviceEnv: { rendezvous: env },
      });
      endings.defer(() => stack.stop());
      redis = openRedis(stack.redis.url, 'test');
      endings.defer(() => redis.disconnect());
      prober = await addProber(stack);
    });
    after(() => endings.disposeAsync());

    test('every step succeeds, and the log says so once', async () => {
      await looksSucceed(prober, 3);
      assert.deepEqual(await stepsOf(prober), Object.fromEntries(STEPS.map((step) => [step, 1])));
      assert.deepEqual(warningsOf(prober), []);
      const good = linesOf(prober).filter(({ message }) => /can use this server/.test(message));
      assert.equal(good.length, 1);
      assert.equal(await prober.metric('prober_reached', 'way="public"'), 1);
      assert.ok((await prober.metric('prober_last_success_time_seconds')) > 1e9);
    });

    test('its looks are in no count and no record of users', async () => {
      const sums = async (name: string): Promise<number> => {
        const values = await Promise.all(stack.rendezvous.map((one) => one.metric(name)));
        return values.reduce((sum, value) => sum + value, 0);
      };
      assert.ok((await sums('rendezvous_probe_attempts_total')) > 0);
      assert.equal(await sums('rendezvous_attempts_total'), 0);
      assert.equal(await redis.xlen(keys.attempts), 0);
      assert.equal(await redis.xlen(keys.sessions), 0);
      const { id } = await new Probes(redis).device();
      assert.equal((await new Identities(redis).get(id))?.listed, false);
    });

    test('it stays the same device over a restart, and only one prober looks', async () => {
      const { id } = await new Probes(redis).device();
      await prober.stop();
      prober = await addProber(stack);
      await looksSucceed(prober);
      const second = await addProber(stack);
      await looksSucceed(prober, 2);
      assert.equal(await second.metric('prober_looks_total'), 0);
      assert.equal((await new Probes(redis).device()).id, id);
      const known = await redis.keys('identity:*');
      assert.deepEqual(known, [keys.identity(id)]);
      await second.stop();
    });

    test('nobody else gets through as a prober, and its token opens no other device', async (t) => {
      const key = stack.key;
      const device = new Device({ server: stack.server(), key });
      t.after(() => device.stop());
      await device.start();
      const { id } = await new Probes(redis).device();
      const call = async (token: string, callee: string): Promise<void> => {
        const caller = new Caller({ server: stack.server(), key, token, forceRelay: true });
        try {
          await caller.connect(callee);
        } finally {
          caller.stop();
        }
      };
      const token = 'probe:00000000000000000000000000000000';
      const refused = (error: unknown): boolean =>
        error instanceof CallFailed && error.reason === 'refused';
      await assert.rejects(call(token, id), refused);
      await assert.rejects(call(token, device.id), refused);
      await new Probes(redis).grant('somebody', device.id);
      await assert.rejects(call(token, device.id), refused);
    });

    test('readiness tells of the prober itself, not of what it sees', async () => {
      for (const relay of stack.relays) await stack.kill(relay);
      await until(async () => (await stepsOf(prober))['relay-pair'] === 0, {
        timeoutMs: 60_000,
        what: 'a look without a relay',
      });
      assert.ok(await prober.isReady());
    });
  });
}
