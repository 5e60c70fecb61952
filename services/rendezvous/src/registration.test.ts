import assert from 'node:assert/strict';
import { networkInterfaces } from 'node:os';
import { after, afterEach, before, describe, test } from 'node:test';
import {
  changeId,
  hear,
  newIdentity,
  onlineStates,
  tell,
  testNat,
  until,
} from '@waystation/testkit';
import { Bench, UdpClient, expectMessage, expectPush, freshAddress } from './testing/harness.js';

const KNOWN = '3a00';
const NEEDS_PK = '3a021001';

for (const replicas of [1, 2]) {
  describe(`registration, replicas: ${replicas}`, { concurrency: false }, () => {
    const other = replicas - 1;
    let bench: Bench;
    before(async () => {
      bench = await Bench.start(replicas, {
        PEER_SILENT_AFTER: '1500ms',
        WS_HEARTBEAT: '300ms',
        WS_KEEP_ALIVE: '1s',
        SIGNAL_IDLE: '1s',
      });
    });
    afterEach(() => bench.closing.all());
    after(() => bench.stop());

    const isOnline = async (id: string, at = other): Promise<boolean> =>
      (await onlineStates(bench.stack.server(at), [id], { from: freshAddress() }))[0] === true;

    test('[P47] [P52] an empty id, and RegisterPk without uuid or key, get no answer by UDP', async () => {
      const { id, uuid, publicKey } = newIdentity();
      const client = await bench.udp(0);
      client.send('registerPeer', { id: '' });
      client.send('registerPeer', { id: 'x'.repeat(101) });
      client.send('registerPk', { id, pk: publicKey });
      client.send('registerPk', { id, uuid });
      assert.ok(await client.wasIgnored());
    });

    test('[P48] an unknown id is asked for its key and leaves no state', async () => {
      const client = await bench.udp(0);
      client.send('registerPeer', { id: 'never-seen-before' });
      assert.equal(await client.next(), NEEDS_PK);
      const replica = bench.stack.rendezvous[0];
      assert.equal(await replica?.metric('rendezvous_peers_udp'), 0);
      assert.equal(await isOnline('never-seen-before'), false);
    });

    test('[P49] [P51] [P62] a registered peer is online at once, answered 3a00, also on another port', async () => {
      const identity = newIdentity();
      const from = freshAddress();
      const { id, uuid, publicKey: pk } = identity;
      const client = await bench.udp(0, from);
      client.send('registerPk', { id, uuid, pk });
      const answer = await client.heard.take(5000, 'an answer');
      assert.equal(answer.data.toString('hex'), '820100');
      assert.equal(answer.port, bench.stack.server(0).port);
      assert.equal(await isOnline(id), true);
      for (const again of [client, await bench.udp(0, from)]) {
        again.send('registerPeer', { id, serial: 3 });
        assert.equal(await again.next(), KNOWN);
      }
      // A replica that has not heard of it yet reads its identity instead of asking for its key.
      const elsewhere = await bench.udp(other, from);
      elsewhere.send('registerPeer', { id });
      assert.equal(await elsewhere.next(), KNOWN);
      const leg = await bench.leg(0);
      await until(
        async () => {
          await bench.punch(leg, id);
          return (await elsewhere.next(300)).startsWith('4a');
        },
        { what: 'a push at the newest address' },
      );
    });

    test('[P50] a heartbeat from another address must prove itself and moves nothing', async (t) => {
      const outside = Object.values(networkInterfaces())
        .flat()
        .find((address) => address?.family === 'IPv4' && !address.internal)?.address;
      if (outside === undefined) {
        t.skip('this machine has only loopback addresses');
        return;
      }
      const device = await bench.device(0);
      const { port } = bench.stack.server(0);
      const stranger = await UdpClient.open({ host: outside, port }, outside);
      bench.closing.add(stranger, (s) => s.close());
      stranger.send('registerPeer', { id: device.id });
      assert.equal(await stranger.next(), NEEDS_PK);
      const leg = await bench.leg(other);
      await bench.punch(leg, device.id);
      await expectPush(device, 'punchHole');
    });

    test('a silent peer goes offline everywhere, and its presence is cleared', async () => {
      const { id, uuid, publicKey: pk } = newIdentity();
      const client = await bench.udp(0);
      client.send('registerPk', { id, uuid, pk });
      await client.next();
      assert.equal(await isOnline(id), true);
      await until(async () => !(await isOnline(id)), { what: 'the peer to be offline' });
      const leg = await bench.leg(other);
      await bench.punch(leg, id);
      assert.equal((await expectMessage(leg, 'punchHoleResponse')).failure, 2);
    });

    for (const transport of ['tcp', 'ws'] as const) {
      const items = transport === 'ws' ? '[P66] [P68] [P69]' : '[P67] [P68] [P69]';
      test(`${items} over ${transport}: accepted with a keep-alive, kept by heartbeats alone`, async () => {
        const { id, uuid, publicKey: pk } = newIdentity();
        const leg = await bench.leg(0, freshAddress(), transport);
        if (transport === 'tcp') {
          const { secureTcp } = await import('@waystation/testkit');
          assert.ok(await secureTcp(leg, Buffer.from(bench.key, 'base64')));
        }
        await tell(leg, 'registerPk', { id, uuid, pk });
        const answer = await expectMessage(leg, 'registerPkResponse');
        assert.deepEqual(answer, { result: 0, keepAlive: 1 });
        assert.equal(await isOnline(id), true);
        // Longer than the idle limit of this stack and than three heartbeats.
        for (let beat = 0; beat < 6; beat++) {
          assert.equal((await hear(leg, 1000)).name, 'empty');
          await leg.send(Buffer.alloc(0));
        }
        assert.equal(leg.endReason, undefined);
        assert.equal(await isOnline(id), true);
        leg.abort();
        await until(async () => !(await isOnline(id)), { what: 'to be offline', timeoutMs: 5000 });
      });

      test(`[P70] [P71] over ${transport}: pushes come on the connection, a newer one replaces it`, async () => {
        const device = await bench.device(0, { transport });
        const caller = await bench.leg(other);
        await bench.punch(caller, device.id);
        const push = await expectPush(device, 'punchHole');
        assert.equal(push.forceRelay, transport === 'ws');
        const near = await bench.leg(other, device.options.from);
        await bench.punch(near, device.id);
        await expectPush(device, transport === 'ws' ? 'punchHole' : 'fetchLocalAddr', 2);
        await tell(caller, 'requestRelay', { id: device.id, uuid: 'u' });
        await expectPush(device, 'requestRelay', 3);

        const { id, uuid, publicKey: pk } = device.identity;
        const newer = await bench.leg(other, device.options.from, 'ws');
        await tell(newer, 'registerPk', { id, uuid, pk });
        assert.equal((await expectMessage(newer, 'registerPkResponse')).result, 0);
        device.stop();
        await tell(caller, 'requestRelay', { id: device.id, uuid: 'v' });
        assert.equal((await expectMessage(newer, 'requestRelay')).uuid, 'v');
        newer.abort();
        await until(async () => !(await isOnline(id)), { what: 'to be offline', timeoutMs: 5000 });
      });
    }

    test('three heartbeats without an echo end a registered connection', async () => {
      const { id, uuid, publicKey: pk } = newIdentity();
      const leg = await bench.leg(0, freshAddress(), 'ws');
      await tell(leg, 'registerPk', { id, uuid, pk });
      await expectMessage(leg, 'registerPkResponse');
      await leg.ended(5000);
      await until(async () => !(await isOnline(id)), { what: 'the peer to be offline' });
    });

    test('[P72] an id is changed only into a free, well-formed one, by its owner', async () => {
      const device = await bench.device(0);
      const taken = await bench.device(other, { identity: newIdentity('taken-name') });
      const server = bench.stack.server(other);
      const options = { from: freshAddress() };
      const { identity } = device;
      assert.equal(await changeId(server, identity, taken.id, options), 3);
      assert.equal(await changeId(server, identity, '1-bad', options), 5);
      const fields = async (id: string): Promise<Record<string, string>> => {
        const { openRedis, keys, closeRedis } = await import('@waystation/state');
        const redis = openRedis(bench.stack.redis.url, 'test');
        await until(() => redis.status === 'ready');
        const hash = await redis.hgetall(keys.identity(id));
        await closeRedis(redis);
        return hash;
      };
      const before = await fields(device.id);
      const wanted = `new-name-${replicas}`;
      assert.equal(await changeId(server, identity, wanted, options), 0);
      const renamed = await fields(wanted);
      assert.ok(renamed['guid']);
      for (const name of ['guid', 'uuid', 'pk']) assert.equal(renamed[name], before[name]);
      assert.deepEqual(await fields(device.id), {});
    });

    test('the NAT test tells the observed port on p and on p-1', async () => {
      const { local, onMain, onSecond } = await testNat(bench.stack.server(other), {
        from: freshAddress(),
      });
      assert.deepEqual([onMain, onSecond], [local, local]);
    });

    test('[P75] [P76] online bits in request order, on p-1, p and WebSocket', async () => {
      const here = await bench.device(0);
      const there = await bench.device(other);
      const ids = [here.id, 'x', there.id, ...Array<string>(6).fill('y'), here.id, 'X', 'Y'];
      for (const leg of [
        await bench.natLeg(other),
        await bench.leg(other),
        await bench.leg(other, freshAddress(), 'ws'),
      ]) {
        await tell(leg, 'onlineRequest', { id: '111111111', peers: ids });
        const { states } = await expectMessage(leg, 'onlineResponse');
        assert.equal(states.toString('hex'), 'a040');
        await leg.ended(5000);
      }
      const empty = await bench.natLeg(other);
      await tell(empty, 'onlineRequest', { id: '111111111', peers: [] });
      assert.equal((await expectMessage(empty, 'onlineResponse')).states.length, 0);
    });

    test('[P77] a silent connection to p-1 is closed at the idle limit without output', async () => {
      const leg = await bench.natLeg(0);
      assert.equal(await leg.receive(5000), undefined);
    });

    test('[P35] ids are compared with their case', async () => {
      const device = await bench.device(0, { identity: newIdentity(`CaseMatters${replicas}`) });
      const leg = await bench.leg(other);
      await bench.punch(leg, device.id.toLowerCase());
      assert.equal((await leg.receive(5000))?.toString('hex'), '5a00');
      await bench.punch(leg, device.id);
      await expectPush(device, 'punchHole');
    });

    test('[P78] [P79] wrong key, unknown id and offline device get their failures', async () => {
      const device = await bench.device(0, { transport: 'ws' });
      const leg = await bench.leg(other);
      await bench.punch(leg, device.id, { licenceKey: 'wrong' });
      assert.equal((await leg.receive(5000))?.toString('hex'), '5a021803');
      await bench.punch(leg, 'no-such-id');
      assert.equal((await leg.receive(5000))?.toString('hex'), '5a00');
      assert.equal(device.pushes.length, 0);
      device.stop();
      await until(async () => !(await isOnline(device.id)), { what: 'the device to be offline' });
      await bench.punch(leg, device.id);
      assert.equal((await leg.receive(5000))?.toString('hex'), '5a021802');
    });
  });
}

test('[P65] a known peer is offline, not unknown, after a restart of the rendezvous', async () => {
  const bench = await Bench.start(1);
  try {
    const device = await bench.device(0);
    device.stop();
    const [replica] = bench.stack.rendezvous;
    assert.ok(replica);
    await bench.stack.kill(replica);
    await bench.stack.add('rendezvous', replica.port);
    const leg = await bench.leg(0);
    await bench.punch(leg, device.id);
    assert.equal((await leg.receive(5000))?.toString('hex'), '5a021802');
    const client = await bench.udp(0, device.options.from);
    client.send('registerPeer', { id: device.id });
    assert.equal(await client.next(), KNOWN);
    await bench.punch(leg, device.id);
    assert.match(await client.next(), /^4a/);
  } finally {
    await bench.stop();
  }
});
