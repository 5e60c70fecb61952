import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { NothingCame } from '@waystation/testkit';
import { decodeMessage, demangleAddress, mangleAddress } from '@waystation/wire';
import { Bench, expectMessage, expectPush, freshAddress } from './testing/harness.js';

const topologies = [
  { name: 'one replica', replicas: 1, caller: 0, callee: 0, answer: 0 },
  { name: 'three replicas', replicas: 3, caller: 1, callee: 0, answer: 2 },
];

for (const { name, replicas, caller, callee, answer } of topologies) {
  describe(`UDP punching, ${name}`, { concurrency: false }, () => {
    let bench: Bench;
    before(async () => {
      bench = await Bench.start(replicas, { UDP_PUNCH: 'Y' });
    });
    afterEach(() => bench.closing.all());
    after(() => bench.stop());

    test('[P94] three copies of PunchHoleSent by UDP make one answer with isUdp, and none by UDP', async () => {
      const from = freshAddress();
      const device = await bench.device(callee, { from });
      const leg = await bench.leg(caller);
      await bench.punch(leg, device.id, { natType: 1, udpPort: 40_000 });
      const { socketAddr, udpPort, relayServer } = await expectPush(device, 'punchHole');
      assert.equal(udpPort, 40_000);
      const sent = { socketAddr, id: device.id, relayServer, natType: 1, version: '1.4.9' };
      const punching = await bench.udp(answer, from);
      for (let copy = 0; copy < 3; copy++) punching.send('punchHoleSent', sent);
      const response = await expectMessage(leg, 'punchHoleResponse');
      assert.equal(response.isUdp, true);
      assert.deepEqual(demangleAddress(response.socketAddr), { ip: from, port: punching.port });
      assert.ok(response.pk.length > 64);
      assert.equal(response.relayServer, relayServer);
      assert.ok(await punching.wasIgnored());
      await assert.rejects(leg.receive(200), NothingCame);
    });

    test('[P94] [P90] forged datagrams have no effect: other source, other bytes, other id, nobody waiting', async () => {
      const from = freshAddress();
      const device = await bench.device(callee, { from });
      const leg = await bench.leg(caller);
      await bench.punch(leg, device.id, { udpPort: 40_000 });
      const { socketAddr } = await expectPush(device, 'punchHole');
      const good = { socketAddr, id: device.id, natType: 1, version: '1.4.9', relayServer: 'good' };
      const stranger = await bench.udp(answer);
      stranger.send('punchHoleSent', good);
      const own = await bench.udp(answer, from);
      own.send('punchHoleSent', { ...good, socketAddr: mangleAddress(leg.local, 1) });
      own.send('punchHoleSent', { ...good, id: 'somebody-else' });
      const nobody = mangleAddress({ ip: leg.local.ip, port: 9 }, 1);
      own.send('punchHoleSent', { ...good, socketAddr: nobody });
      assert.ok(await stranger.wasIgnored());
      assert.ok(await own.wasIgnored());
      own.send('punchHoleSent', good);
      const response = await expectMessage(leg, 'punchHoleResponse');
      assert.deepEqual(demangleAddress(response.socketAddr), { ip: from, port: own.port });
      await assert.rejects(leg.receive(200), NothingCame);
    });

    test('[P93] [P94] a callee that was given no UDP port may not answer by UDP', async () => {
      const from = freshAddress();
      const device = await bench.device(callee, { from });
      const leg = await bench.leg(caller);
      await bench.punch(leg, device.id);
      const { socketAddr, udpPort } = await expectPush(device, 'punchHole');
      assert.equal(udpPort, 0);
      const own = await bench.udp(answer, from);
      own.send('punchHoleSent', { socketAddr, id: device.id, natType: 1, version: '1.4.9' });
      assert.ok(await own.wasIgnored());
      await assert.rejects(leg.receive(200), NothingCame);
    });

    test('[P93] a callee on WebSocket and one that must be relayed get no UDP port', async () => {
      const device = await bench.device(callee, { transport: 'ws' });
      const leg = await bench.leg(caller);
      await bench.punch(leg, device.id, { udpPort: 40_000 });
      assert.equal((await expectPush(device, 'punchHole')).udpPort, 0);
      const second = await bench.device(callee);
      const other = await bench.leg(caller);
      await bench.punch(other, second.id, { udpPort: 40_000, forceRelay: true });
      assert.equal((await expectPush(second, 'punchHole')).udpPort, 0);
    });

    test('two attempts at once, with a UDP port and without: each is answered its own way', async () => {
      const from = freshAddress();
      const device = await bench.device(callee, { from });
      const address = freshAddress();
      const [plain, udp] = [await bench.leg(caller, address), await bench.leg(caller, address)];
      await bench.punch(plain, device.id);
      const first = await expectPush(device, 'punchHole');
      await bench.punch(udp, device.id, { udpPort: 40_000 });
      const second = await expectPush(device, 'punchHole', 2);
      const sent = { id: device.id, natType: 1, version: '1.4.9' };
      const own = await bench.udp(answer, from);
      own.send('punchHoleSent', { ...sent, socketAddr: second.socketAddr });
      await bench.answer(answer, 'punchHoleSent', { ...sent, socketAddr: first.socketAddr }, from);
      assert.equal((await expectMessage(udp, 'punchHoleResponse')).isUdp, true);
      assert.equal((await expectMessage(plain, 'punchHoleResponse')).isUdp, false);
    });
  });
}

test('TestNatRequest by UDP tells the port, a limited number of times per source', async () => {
  const bench = await Bench.start(1, { UDP_PUNCH: 'Y', SERIAL: '9', RENDEZVOUS_SERVERS: 'a' });
  try {
    const client = await bench.udp(0);
    for (let i = 0; i < 100; i++) client.send('testNatRequest', { serial: 10 });
    // The server takes the datagrams of one socket in order, so this answer is the last.
    client.send('registerPeer', { id: 'nobody', serial: 10 });
    const ports: number[] = [];
    for (;;) {
      const answer = decodeMessage(Buffer.from(await client.next(), 'hex'));
      if (answer.name !== 'testNatResponse') break;
      ports.push(answer.value.port);
      assert.equal(answer.value.cu, undefined);
    }
    assert.ok(ports.length >= 20 && ports.length < 40, `${ports.length} answers`);
    assert.ok(ports.every((port) => port === client.port));
  } finally {
    await bench.stop();
  }
});

test('[P89] [P93] off, UDP punching leaves no trace: no UDP port is passed, no datagram answered', async () => {
  const bench = await Bench.start(1);
  try {
    const from = freshAddress();
    const device = await bench.device(0, { from });
    const leg = await bench.leg(0);
    await bench.punch(leg, device.id, { udpPort: 40_000 });
    const { socketAddr, udpPort } = await expectPush(device, 'punchHole');
    assert.equal(udpPort, 0);
    const own = await bench.udp(0, from);
    own.send('testNatRequest', {});
    own.send('punchHoleSent', { socketAddr, id: device.id, natType: 1, version: '1.4.9' });
    assert.ok(await own.wasIgnored());
    await assert.rejects(leg.receive(200), NothingCame);
  } finally {
    await bench.stop();
  }
});
