import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import { RegisterPkResult } from '@waystation/wire';
import { changeId, dial, hear, secureTcp, until, type Device, type Leg } from '@waystation/testkit';
import { RECOVERY_MS, withScene, type Scene } from './outages/scene.js';

/** A newcomer that was refused asks again after 15 s as a client does, here after its own half second. */
const BACK_MS = 30_000;
/** More than any replica keeps ready. */
const MANY_KEYS = 160;
const WARNING = /"level":"warn".*"the registry does not answer[^"]*"/;

describe('outages of the registry alone', () => {
  test('frozen, then killed, then started anew: known devices do not notice, newcomers and wishes wait', async (t) => {
    await withScene({ redis: { appendOnly: true } }, async (scene) => {
      const exchange = await scene.standingSession();
      const one = await wisher(scene);
      scene.stack.registry.signal('SIGSTOP');
      const early = await goesOn(scene, exchange, one);
      await scene.kill(scene.stack.registry);
      const late = await goesOn(scene, exchange, one);
      await scene.stack.add('registry');
      await areBack(t, scene, [early, late]);
      assert.equal(await wish(scene, one), RegisterPkResult.OK);
      await exchange();
      scene.assertNeverAsked();
    });
  });

  test('frozen and let go on: what it hears late does no harm', async (t) => {
    await withScene({ redis: { appendOnly: true } }, async (scene) => {
      const exchange = await scene.standingSession();
      const one = await wisher(scene);
      scene.stack.registry.signal('SIGSTOP');
      const newcomer = await goesOn(scene, exchange, one);
      scene.stack.registry.signal('SIGCONT');
      await areBack(t, scene, [newcomer]);
      assert.equal(await wish(scene, one), RegisterPkResult.OK);
      await exchange();
      scene.assertNeverAsked();
    });
  });

  test('encrypted TCP goes on as long as signed keys last; then it waits, the log says so, and it is there again', async (t) => {
    await withScene({ redis: { appendOnly: true } }, async (scene) => {
      const [replica] = scene.stack.rendezvous;
      assert.ok(replica);
      await until(async () => (await replica.metric('rendezvous_offered_keys_ready')) > 0);
      await scene.kill(scene.stack.registry);
      await secured(t, scene);
      await useUpKeys(t, scene);
      await until(() => /no signed key is left/.test(replica.output), {
        what: 'the line in the log',
      });
      const waiting = await silentClient(t, scene);
      // Who does not ask for encryption is served at once.
      await scene.call(scene.fleet.at(0), 0);
      await scene.stack.add('registry');
      assert.ok(await secureTcp(waiting, Buffer.from(scene.stack.key, 'base64')));
      await until(() => /are signed again/.test(replica.output), { what: 'its end' });
      t.diagnostic(`all well ${String(await scene.recovered())} ms after the start`);
    });
  });
});

/** Uses all that needs no registry, and asks for what does; the device that tried to register. */
async function goesOn(scene: Scene, exchange: () => Promise<void>, one: Device): Promise<Device> {
  await scene.moreHeartbeats(4);
  await exchange();
  for (const place of [0, 1]) {
    assert.ok((await scene.online(place)).every(Boolean));
    await scene.callOneOf(place);
    // On the other replica, and over the relay.
    await scene.call(scene.fleet.at(place + 6), 1 - place, true);
  }
  const newcomer = await scene.newcomer(0).begin();
  await until(() => newcomer.results.length > 1, { timeoutMs: RECOVERY_MS, what: 'refusals' });
  assert.ok(newcomer.results.every((result) => result === RegisterPkResult.SERVER_ERROR));
  assert.equal(await wish(scene, one), RegisterPkResult.SERVER_ERROR);
  const [asked] = scene.stack.rendezvous;
  assert.match(asked?.output ?? '', WARNING);
  return newcomer;
}

/** A device that has registered and left asks replica 0 for another id. */
function wish(scene: Scene, { identity }: Device): Promise<number> {
  const from = scene.address();
  return changeId(scene.stack.server(), identity, `wish${identity.id}`, { from });
}

async function wisher(scene: Scene): Promise<Device> {
  const device = await scene.newcomer(1).start();
  device.stop();
  return device;
}

async function areBack(t: TestContext, scene: Scene, newcomers: readonly Device[]): Promise<void> {
  const startMs = performance.now();
  await until(() => newcomers.every(({ keyConfirmed }) => keyConfirmed), {
    timeoutMs: BACK_MS,
    what: 'the newcomers',
  });
  t.diagnostic(`newcomers are in ${(performance.now() - startMs).toFixed(0)} ms after the start`);
  for (const { results } of newcomers) assert.ok(!results.includes(RegisterPkResult.UUID_MISMATCH));
  for (const newcomer of newcomers) {
    await scene.call(newcomer, 1);
    newcomer.stop();
  }
  t.diagnostic(`all well ${String(await scene.recovered())} ms after that`);
}

/** A connection that says nothing, as that of a client which wants encryption. */
async function silentClient(t: TestContext, scene: Scene): Promise<Leg> {
  const leg = await dial('tcp', { ...scene.stack.server(), from: scene.address() });
  t.after(() => leg.abort());
  return leg;
}

async function secured(t: TestContext, scene: Scene): Promise<void> {
  const leg = await silentClient(t, scene);
  assert.ok(await secureTcp(leg, Buffer.from(scene.stack.key, 'base64')));
}

/** Takes keys until there is none. */
async function useUpKeys(t: TestContext, scene: Scene): Promise<void> {
  const legs = await Promise.all(Array.from({ length: MANY_KEYS }, () => silentClient(t, scene)));
  const offered = legs.map(async (leg) => {
    const { name } = await hear(leg, 5_000);
    return name === 'keyExchange';
  });
  const outcomes = await Promise.allSettled(offered);
  const served = outcomes.filter(({ status }) => status === 'fulfilled').length;
  t.diagnostic(`${String(served)} keys were left`);
  assert.ok(served > 0 && served < MANY_KEYS);
  for (const leg of legs) leg.abort();
}
