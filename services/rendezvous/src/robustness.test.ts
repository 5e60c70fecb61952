import assert from 'node:assert/strict';
import { randomBytes, randomInt } from 'node:crypto';
import { after, afterEach, before, describe, test } from 'node:test';
import { dialTcp, newIdentity, onlineStates, tell, until, type Leg } from '@waystation/testkit';
import { encodeFrame, encodeMessage, mangleAddress, messageNames } from '@waystation/wire';
import { Bench, expectMessage, expectPush, freshAddress } from './testing/harness.js';

describe('robustness', { concurrency: false }, () => {
  let bench: Bench;
  before(async () => {
    bench = await Bench.start(1, { SIGNAL_IDLE: '5s' });
  });
  afterEach(() => bench.closing.all());
  after(() => bench.stop());

  const LEGAL = {
    udp: ['registerPeer', 'registerPk'],
    stream: [
      ...['registerPk', 'punchHoleRequest', 'punchHoleSent', 'localAddr', 'requestRelay'],
      ...['relayResponse', 'testNatRequest', 'onlineRequest'],
    ],
    nat: ['testNatRequest', 'onlineRequest'],
  };

  test('[P24] a message on a transport where it is not legal: silence on UDP, close elsewhere', async () => {
    const client = await bench.udp(0);
    for (const name of messageNames) {
      if (!LEGAL.udp.includes(name)) client.send(name, {});
    }
    assert.ok(await client.wasIgnored());
    const openers: [string[], () => Promise<Leg>][] = [
      [LEGAL.stream, () => bench.leg(0)],
      [LEGAL.stream, () => bench.leg(0, freshAddress(), 'ws')],
      [LEGAL.nat, () => bench.natLeg(0)],
    ];
    for (const [legal, open] of openers) {
      for (const name of messageNames.filter((each) => !legal.includes(each))) {
        const leg = await open();
        await tell(leg, name, {});
        assert.equal(await leg.receive(5000), undefined, name);
      }
    }
  });

  test('[P25] an undecodable first frame closes the connection without a reply', async () => {
    for (const bytes of [Buffer.from('ffffffff', 'hex'), Buffer.from('0a', 'hex')]) {
      const leg = await bench.leg(0);
      await leg.transmit(bytes);
      assert.equal(await leg.receive(5000), undefined);
    }
  });

  test('[P89] punch messages by UDP produce no datagram to anyone', async () => {
    const device = await bench.device(0);
    const client = await bench.udp(0);
    const victim = await bench.udp(0);
    const socketAddr = mangleAddress({ ip: victim.socket.address().address, port: victim.port }, 5);
    client.send('punchHoleRequest', { id: device.id, licenceKey: bench.key });
    client.send('punchHoleSent', { socketAddr, id: device.id, version: '1.4.9' });
    client.send('localAddr', {
      socketAddr,
      localAddr: socketAddr,
      id: device.id,
      version: '1.4.9',
    });
    client.send('testNatRequest', {});
    assert.ok(await client.wasIgnored());
    assert.ok(await victim.wasIgnored());
    const leg = await bench.leg(0);
    await bench.punch(leg, device.id);
    await expectPush(device, 'punchHole');
    assert.equal(device.pushes.length, 1);
  });

  test('[P117] console words are protocol data, from loopback too: the console is off', async () => {
    for (const open of [() => bench.natLeg(0), () => bench.leg(0)]) {
      const leg = await open();
      await leg.transmit(Buffer.from('relay-servers 127.0.0.1\n'));
      assert.equal(await leg.receive(5000), undefined);
    }
  });

  test('zero-length frames do not close connections of any kind', async () => {
    for (const leg of [await bench.leg(0), await bench.leg(0, freshAddress(), 'ws')]) {
      await leg.transmit(Buffer.alloc(0));
      await leg.transmit(Buffer.alloc(0));
      await bench.punch(leg, 'no-such-id');
      assert.equal((await leg.receive(5000))?.toString('hex'), '5a00');
    }
  });

  test('[P122] bare connects leave no line above debug and no state', async () => {
    const { host, port } = bench.stack.server(0);
    const lines = (): string[] =>
      bench.stack.rendezvous[0]?.output.split('\n').filter((l) => l && !l.includes('"debug"')) ??
      [];
    const before = lines().length;
    for (const offset of [-1, 0, 2]) {
      for (let i = 0; i < 20; i++) {
        const leg = await dialTcp({ host, port: port + offset, from: freshAddress() });
        if (i % 2 === 0) leg.abort();
        else leg.close();
      }
    }
    const open = (): Promise<number> | undefined =>
      bench.stack.rendezvous[0]?.metric('rendezvous_connections');
    await until(async () => (await open()) === 0, { what: 'no connection to be left' });
    assert.equal(lines().length, before);
  });

  test('[P124] no UDP answer is longer than its request', async () => {
    const known = await bench.device(0);
    const { id, uuid, publicKey: pk } = newIdentity();
    const client = await bench.udp(0, known.options.from);
    const requests = [
      encodeMessage('registerPeer', { id: 'a' }),
      encodeMessage('registerPeer', { id: known.id }),
      encodeMessage('registerPk', { id: 'short', uuid, pk }),
      encodeMessage('registerPk', { id: 'a', uuid: Buffer.from('u'), pk: Buffer.from('p') }),
      encodeMessage('registerPk', { id: known.id, uuid, pk }),
      encodeMessage('registerPk', { id, uuid, pk }),
    ];
    for (const request of requests) {
      client.sendRaw(request);
      const answer = Buffer.from(await client.next(), 'hex');
      assert.ok(answer.length <= request.length, `${answer.length} > ${request.length}`);
    }
  });

  test('10,000 random and mutated frames per port leave the replica serving', async () => {
    const samples = messageNames.map((name) => encodeMessage(name, {}));
    samples.push(
      encodeMessage('punchHoleRequest', {
        id: '123456789',
        licenceKey: bench.key,
        version: '1.4.9',
      }),
      encodeMessage('relayResponse', { socketAddr: randomBytes(10), uuid: 'u', id: '123456789' }),
      encodeMessage('registerPeer', { id: '123456789', serial: 3 }),
    );
    const noise = (): Buffer => {
      const sample = Buffer.from(samples[randomInt(samples.length)] ?? []);
      if (randomInt(3) === 0 || sample.length === 0) return randomBytes(randomInt(1, 60));
      sample[randomInt(sample.length)] = randomInt(256);
      return sample;
    };
    const client = await bench.udp(0);
    for (let i = 0; i < 10_000; i++) {
      client.sendRaw(noise());
      if (i % 200 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    const { host, port } = bench.stack.server(0);
    // A connection ends with its first bad frame, so each carries only a few.
    const storm = async (target: number): Promise<void> => {
      for (let i = 0; i < 2500; i++) {
        const leg = await dialTcp({ host, port: target, from: freshAddress() });
        await leg.sendRaw(Buffer.concat(Array.from({ length: 4 }, () => encodeFrame(noise()))));
        leg.close();
      }
    };
    const webStorm = async (): Promise<void> => {
      for (let i = 0; i < 1250; i++) {
        const leg = await bench.leg(0, freshAddress(), 'ws');
        for (let j = 0; j < 8; j++) await leg.transmit(noise());
        leg.abort();
      }
    };
    await Promise.all([storm(port), storm(port - 1), webStorm()]);
    assert.equal(bench.stack.rendezvous[0]?.alive, true);
    const leg = await bench.leg(0);
    await bench.punch(leg, 'no-such-id');
    assert.equal((await leg.receive(5000))?.toString('hex'), '5a00');
    const failures = await bench.stack.rendezvous[0]?.metric('ops_unexpected_errors_total');
    assert.equal(failures, 0);
    assert.equal(
      await bench.stack.rendezvous[0]?.metric('rendezvous_drops_total', '"handler-failed"'),
      0,
    );
  });

  test('with Redis paused known peers are served, and everything catches up after', async () => {
    const device = await bench.device(0, { heartbeatMs: 100 });
    const { redis } = bench.stack;
    redis.pause();
    try {
      const answered = device.heartbeatAnswers.length;
      await until(() => device.heartbeatAnswers.length >= answered + 10, { what: 'heartbeats' });
      assert.ok(!device.heartbeatAnswers.slice(answered).includes(true));
      const leg = await bench.leg(0);
      await bench.punch(leg, device.id);
      const { socketAddr } = await expectPush(device, 'punchHole');
      const sent = { socketAddr, id: device.id, natType: 1, version: '1.4.9' };
      await bench.answer(0, 'punchHoleSent', sent);
      assert.ok((await expectMessage(leg, 'punchHoleResponse')).pk.length > 64);
      const { id, uuid, publicKey: pk } = newIdentity();
      const client = await bench.udp(0);
      client.send('registerPk', { id, uuid, pk });
      assert.equal(await client.next(), '8201020807');
      redis.resume();
      await until(
        async () => {
          client.send('registerPk', { id, uuid, pk });
          return (await client.next()) === '820100';
        },
        { timeoutMs: 20_000, everyMs: 1000, what: 'registrations to work again' },
      );
      const online = await onlineStates(bench.stack.server(0), [id], { from: freshAddress() });
      assert.deepEqual(online, [true]);
    } finally {
      redis.resume();
    }
  });

  test('[P123] logs hold no token and no key', async () => {
    const leg = await bench.leg(0);
    const token = 'secret-token-0123456789';
    await bench.punch(leg, 'no-such-id', {
      token,
      licenceKey: 'a-guess-at-the-key',
      switchCode: token,
    });
    await leg.receive(5000);
    const { output = '' } = bench.stack.rendezvous[0] ?? {};
    for (const secret of [token, 'a-guess-at-the-key', bench.key])
      assert.ok(!output.includes(secret));
  });
});
