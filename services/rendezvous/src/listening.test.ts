import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NothingCame, until } from '@waystation/testkit';
import { closeRedis, keys, openRedis } from '@waystation/state';
import { decodeIdPk, openSigned } from '@waystation/wire';
import {
  type Bench,
  expectMessage,
  expectPush,
  freshAddress,
  withBench,
} from './testing/harness.js';

test('[P120] TEST_HBBS=no turns the self test off; without it the replica tests itself', async () => {
  const heartbeats = async (bench: Bench): Promise<number | undefined> =>
    bench.stack.rendezvous[0]?.metric('rendezvous_messages_total', '"registerPeer"');
  await withBench({}, async (bench) => {
    assert.ok(((await heartbeats(bench)) ?? 0) >= 1);
  });
  await withBench({ TEST_HBBS: 'no' }, async (bench) => {
    assert.equal(await heartbeats(bench), 0);
  });
});

for (const [title, env] of [
  ['dual stack', {}],
  ['IPv4 only', { BIND: '0.0.0.0' }],
] as const) {
  test(`[P121] IPv4 clients are plain IPv4 in state, limits and logs, ${title}`, async () => {
    await withBench(
      { ...env, PUNCH_BURST_PER_SOURCE: '2', PUNCH_PER_SOURCE: '1' },
      async (bench) => {
        const from = freshAddress();
        const device = await bench.device(0, { from });
        const redis = bench.closing.add(openRedis(bench.stack.redis.url, 'test'), closeRedis);
        await until(() => redis.status === 'ready');
        assert.equal(await redis.hget(keys.presence(device.id), 'ip'), from);
        assert.equal(await redis.hget(keys.identity(device.id), 'ip'), from);
        const leg = await bench.leg(0, from);
        await bench.punch(leg, device.id);
        await expectPush(device, 'fetchLocalAddr');
        for (const wanted of ['', 'not allowed']) {
          await bench.punch(leg, 'no-such-id');
          const { otherFailure } = await expectMessage(leg, 'punchHoleResponse');
          assert.ok(otherFailure.includes(wanted));
        }
        const { output = '' } = bench.stack.rendezvous[0] ?? {};
        assert.ok(output.includes(`"callerIp":"${from}"`));
        assert.ok(!output.includes('::ffff:'));
      },
    );
  });
}

test('[P30] KEY empty: no licence check, and keys are signed all the same', async () => {
  await withBench({ KEY: '' }, async (bench) => {
    const device = await bench.device(0);
    const leg = await bench.leg(0);
    await bench.punch(leg, device.id, { licenceKey: 'whatever' });
    const { socketAddr } = await expectPush(device, 'punchHole');
    const sent = { socketAddr, id: device.id, natType: 1, version: '1.4.9' };
    await bench.answer(0, 'punchHoleSent', sent);
    const { pk } = await expectMessage(leg, 'punchHoleResponse');
    const signed = openSigned(pk, Buffer.from(bench.key, 'base64'));
    assert.ok(signed);
    assert.equal(decodeIdPk(signed).id, device.id);
  });
});

test('[P34] without a secret key callers get no key, and nobody is offered secure TCP', async () => {
  await withBench({ KEY: 'only a pass phrase' }, async (bench) => {
    const device = await bench.device(0);
    const leg = await bench.leg(0);
    await assert.rejects(leg.receive(900), NothingCame);
    await bench.punch(leg, device.id, { licenceKey: 'only a pass phrase' });
    const { socketAddr } = await expectPush(device, 'punchHole');
    const sent = { socketAddr, id: device.id, natType: 1, version: '1.4.9' };
    await bench.answer(0, 'punchHoleSent', sent);
    assert.equal((await expectMessage(leg, 'punchHoleResponse')).pk.length, 0);
  });
});
