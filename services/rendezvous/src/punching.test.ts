import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { decodeIdPk, demangleAddress, mangleAddress, openSigned } from '@waystation/wire';
import { Bench, expectMessage, expectPush, freshAddress } from './testing/harness.js';

const V6_ENDPOINT = Buffer.from('20010db800000000000000000000000a7c52', 'hex');
const PRIVATE_V6 = Buffer.from('fe80000000000000000000000000000a7c52', 'hex');

/** `caller`: replica of A; `callee`: where B registered; `answer`: where B's answers arrive. */
const topologies = [
  { name: 'one replica', replicas: 1, caller: 0, callee: 0, answer: 0 },
  { name: 'caller elsewhere', replicas: 2, caller: 1, callee: 0, answer: 0 },
  { name: 'answer elsewhere', replicas: 2, caller: 0, callee: 0, answer: 1 },
  { name: 'everything elsewhere', replicas: 3, caller: 1, callee: 0, answer: 2 },
];

for (const { name, replicas, caller, callee, answer } of topologies) {
  describe(`punching, ${name}`, { concurrency: false }, () => {
    let bench: Bench;
    before(async () => {
      bench = await Bench.start(replicas);
    });
    afterEach(() => bench.closing.all());
    after(() => bench.stop());

    test('[P81] two networks: the callee gets PunchHole with the address, NAT type and relay', async () => {
      const device = await bench.device(callee);
      const leg = await bench.leg(caller);
      await bench.punch(leg, device.id, { natType: 1 });
      const push = await expectPush(device, 'punchHole');
      assert.deepEqual(demangleAddress(push.socketAddr), leg.local);
      assert.equal(push.natType, 1);
      assert.equal(push.forceRelay, false);
      assert.equal(push.udpPort, 0);
      assert.match(push.relayServer, /^127\.0\.0\.1:\d+$/);
    });

    test('[P82] one public address: the callee gets FetchLocalAddr', async () => {
      const from = freshAddress();
      const device = await bench.device(callee, { from });
      const leg = await bench.leg(caller, from);
      await bench.punch(leg, device.id);
      const push = await expectPush(device, 'fetchLocalAddr');
      assert.deepEqual(demangleAddress(push.socketAddr), leg.local);
    });

    test('[P83] a caller on WebSocket: PunchHole with SYMMETRIC, also from one public address', async () => {
      const from = freshAddress();
      const device = await bench.device(callee, { from });
      const leg = await bench.leg(caller, from, 'ws');
      await bench.punch(leg, device.id, { natType: 1 });
      const push = await expectPush(device, 'punchHole');
      assert.equal(push.natType, 2);
      assert.equal(push.forceRelay, true);
    });

    test('[P85] [P87] PunchHoleSent becomes PunchHoleResponse with the observed address', async () => {
      const device = await bench.device(callee);
      const leg = await bench.leg(caller);
      await bench.punch(leg, device.id);
      const { socketAddr, relayServer } = await expectPush(device, 'punchHole');
      const sent = { socketAddr, id: device.id, relayServer, natType: 1, version: '1.4.9' };
      const from = freshAddress();
      const answered = await bench.answer(answer, 'punchHoleSent', sent, from);
      const response = await expectMessage(leg, 'punchHoleResponse');
      assert.deepEqual(demangleAddress(response.socketAddr), answered.local);
      assert.equal(response.relayServer, relayServer);
      assert.equal(response.natType, 1);
      const signed = openSigned(response.pk, Buffer.from(bench.key, 'base64'));
      assert.ok(signed);
      assert.deepEqual(decodeIdPk(signed), { id: device.id, pk: device.identity.publicKey });
    });

    test('[P86] [P87] LocalAddr becomes PunchHoleResponse with isLocal', async () => {
      const from = freshAddress();
      const device = await bench.device(callee, { from });
      const leg = await bench.leg(caller, from);
      await bench.punch(leg, device.id);
      await expectPush(device, 'fetchLocalAddr');
      const localAddr = mangleAddress({ ip: '192.168.7.7', port: 4000 }, 77);
      const socketAddr = mangleAddress(leg.local, 12345);
      const local = { socketAddr, localAddr, relayServer: 'r', id: device.id, version: '1.4.9' };
      await bench.answer(answer, 'localAddr', local);
      const response = await expectMessage(leg, 'punchHoleResponse');
      assert.equal(response.socketAddr.toString('hex'), localAddr.toString('hex'));
      assert.equal(response.isLocal, true);
      assert.ok(response.pk.length > 64);
    });

    test('[P87] [P100] RelayResponse with an id goes on with the key instead of it', async () => {
      const device = await bench.device(callee);
      const leg = await bench.leg(caller);
      await bench.punch(leg, device.id, { natType: 2 });
      const { socketAddr } = await expectPush(device, 'punchHole');
      const uuid = '0f8fad5b-d9cb-469f-a165-70867728950e';
      const relayServer = 'relay.example.com:21117';
      const response = { socketAddr, uuid, relayServer, id: device.id, version: '1.4.9' };
      await bench.answer(answer, 'relayResponse', response);
      const heard = await expectMessage(leg, 'relayResponse');
      assert.equal(heard.socketAddr.length, 0);
      assert.equal(heard.uuid, uuid);
      assert.equal(heard.relayServer, relayServer);
      assert.equal(heard.version, '1.4.9');
      assert.equal(heard.id, undefined);
      const signed = openSigned(heard.pk ?? Buffer.alloc(0), Buffer.from(bench.key, 'base64'));
      assert.ok(signed);
      assert.equal(decodeIdPk(signed).id, device.id);
    });

    test('[P88] a repeated request is answered again with the same bytes, also after an answer', async () => {
      const device = await bench.device(callee);
      const leg = await bench.leg(caller);
      const addresses = new Set<string>();
      for (let round = 1; round <= 3; round++) {
        await bench.punch(leg, device.id);
        const { socketAddr } = await expectPush(device, 'punchHole', round);
        addresses.add(socketAddr.toString('hex'));
        const sent = { socketAddr, id: device.id, natType: 1, version: '1.4.9' };
        await bench.answer(answer, 'punchHoleSent', sent);
        await expectMessage(leg, 'punchHoleResponse');
        // Identical pushes within 100 ms are merged; a client waits 3 s.
        await new Promise((resolve) => setTimeout(resolve, 120));
      }
      assert.equal(addresses.size, 1);
    });

    test('[P90] answers nobody waits for, with altered bytes, of another id, or repeated, do nothing', async () => {
      const device = await bench.device(callee);
      const leg = await bench.leg(caller);
      await bench.punch(leg, device.id);
      const { socketAddr } = await expectPush(device, 'punchHole');
      const good = { socketAddr, id: device.id, natType: 1, version: '1.4.9', relayServer: 'good' };
      const altered = mangleAddress(leg.local, 1);
      const stranger = mangleAddress({ ip: leg.local.ip, port: 9 }, 1);
      await bench.answer(answer, 'punchHoleSent', { ...good, socketAddr: altered });
      await bench.answer(answer, 'punchHoleSent', { ...good, socketAddr: stranger });
      await bench.answer(answer, 'punchHoleSent', { ...good, id: 'somebody-else' });
      const relay = { socketAddr: altered, uuid: 'u', relayServer: 'bad', version: '1.4.9' };
      await bench.answer(answer, 'relayResponse', { ...relay, id: device.id });
      await bench.answer(answer, 'relayResponse', { ...relay, id: undefined });
      const localAddr = mangleAddress({ ip: '192.168.7.7', port: 4000 }, 77);
      await bench.answer(answer, 'localAddr', { ...good, localAddr, id: 'somebody-else' });
      await bench.answer(answer, 'punchHoleSent', good);
      assert.equal((await expectMessage(leg, 'punchHoleResponse')).relayServer, 'good');
      await bench.answer(answer, 'punchHoleSent', { ...good, relayServer: 'repeated' });
      await assert.rejects(leg.receive(200));
    });

    test('[P91] an IPv6 endpoint passes both ways when it is global, and only then', async () => {
      const device = await bench.device(callee);
      const leg = await bench.leg(caller);
      await bench.punch(leg, device.id, { socketAddrV6: V6_ENDPOINT });
      const push = await expectPush(device, 'punchHole');
      assert.deepEqual(push.socketAddrV6, V6_ENDPOINT);
      const { socketAddr } = push;
      const sent = { socketAddr, id: device.id, natType: 1, version: '1.4.9' };
      await bench.answer(answer, 'punchHoleSent', { ...sent, socketAddrV6: V6_ENDPOINT });
      const response = await expectMessage(leg, 'punchHoleResponse');
      assert.deepEqual(response.socketAddrV6, V6_ENDPOINT);

      const other = await bench.leg(caller);
      await bench.punch(other, device.id, { socketAddrV6: PRIVATE_V6 });
      const second = await expectPush(device, 'punchHole', 2);
      assert.equal(second.socketAddrV6.length, 0);
      const relayed = { socketAddr: second.socketAddr, uuid: 'u', id: device.id, version: '1.4.9' };
      await bench.answer(answer, 'relayResponse', { ...relayed, socketAddrV6: PRIVATE_V6 });
      assert.equal((await expectMessage(other, 'relayResponse')).socketAddrV6.length, 0);
    });

    test('[P92] FetchLocalAddr has the IPv6 field only for a callee known to be 1.2.7 or newer', async () => {
      const from = freshAddress();
      const device = await bench.device(callee, { from });
      const leg = await bench.leg(caller, from);
      const localAddr = mangleAddress({ ip: '192.168.7.7', port: 4000 }, 77);
      for (const [round, version, wanted] of [
        [1, '1.2.6', 0],
        [2, '1.4.9', 0],
        [3, '1.4.9', V6_ENDPOINT.length],
      ] as const) {
        await bench.punch(leg, device.id, { socketAddrV6: V6_ENDPOINT });
        const push = await expectPush(device, 'fetchLocalAddr', round);
        assert.equal(push.socketAddrV6.length, wanted, `round ${round}`);
        const { socketAddr } = push;
        await bench.answer(answer, 'localAddr', { socketAddr, localAddr, id: device.id, version });
        await expectMessage(leg, 'punchHoleResponse');
        await new Promise((resolve) => setTimeout(resolve, 120));
      }
      const other = await bench.leg(caller);
      const uuid = '0f8fad5b-d9cb-469f-a165-70867728950e';
      const controlPermissions = { permissions: 66n };
      const { tell } = await import('@waystation/testkit');
      await tell(other, 'requestRelay', { id: device.id, uuid, controlPermissions });
      const push = await expectPush(device, 'requestRelay', 4);
      assert.equal(push.controlPermissions, undefined);
    });

    test('[P34] no key for a callee that tells no version', async () => {
      const device = await bench.device(callee);
      const leg = await bench.leg(caller);
      await bench.punch(leg, device.id);
      const { socketAddr } = await expectPush(device, 'punchHole');
      await bench.answer(answer, 'punchHoleSent', { socketAddr, id: device.id, natType: 1 });
      assert.equal((await expectMessage(leg, 'punchHoleResponse')).pk.length, 0);
    });
  });
}
