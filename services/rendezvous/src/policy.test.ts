import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:net';
import { once } from 'node:events';
import { test } from 'node:test';
import { freePorts, onlineStates, tell, until } from '@waystation/testkit';
import {
  type Bench,
  expectMessage,
  expectPush,
  freshAddress,
  withBench,
} from './testing/harness.js';

test('[P84] ALWAYS_USE_RELAY forces SYMMETRIC, also within one public address', async () => {
  await withBench({ ALWAYS_USE_RELAY: 'Y' }, async (bench) => {
    const from = freshAddress();
    const device = await bench.device(0, { from });
    for (const [count, source] of [freshAddress(), from].entries()) {
      const leg = await bench.leg(0, source);
      await bench.punch(leg, device.id, { natType: 1 });
      const push = await expectPush(device, 'punchHole', count + 1);
      assert.deepEqual([push.natType, push.forceRelay], [2, true]);
    }
  });
});

test('MASK and LOCAL_IP: the callee in the LAN gets the LAN relay, callers outside never do', async () => {
  const env = { MASK: '127.0.7.0/24', LOCAL_IP: '10.9.8.7', RELAY_SERVERS: 'relay.example.com' };
  await withBench(env, async (bench) => {
    const device = await bench.device(0, { from: '127.0.7.1' });
    const outside = await bench.leg(0);
    await bench.punch(outside, device.id, { natType: 1 });
    const push = await expectPush(device, 'punchHole');
    assert.deepEqual([push.natType, push.relayServer], [2, '10.9.8.7']);
    const { socketAddr } = push;
    const response = {
      socketAddr,
      uuid: 'u',
      relayServer: '10.9.8.7',
      id: device.id,
      version: '1.4.9',
    };
    await bench.answer(0, 'relayResponse', response);
    assert.equal((await expectMessage(outside, 'relayResponse')).relayServer, 'relay.example.com');

    const inside = await bench.leg(0, '127.0.7.2');
    await bench.punch(inside, device.id);
    await expectPush(device, 'fetchLocalAddr', 2);
  });
});

test('a client that appears as our gateway is relayed, counted and told of once', async () => {
  await withBench({ GATEWAY_ADDRESSES: '127.0.9.1' }, async (bench) => {
    const device = await bench.device(0, { from: '127.0.9.1' });
    for (let count = 1; count <= 2; count++) {
      const leg = await bench.leg(0, '127.0.9.1');
      await bench.punch(leg, device.id, { natType: 1 });
      const push = await expectPush(device, 'punchHole', count);
      assert.deepEqual([push.natType, push.forceRelay], [2, true]);
    }
    const lines = bench.stack.logs().split('\n');
    assert.equal(lines.filter((line) => line.includes('our own gateway')).length, 1);
  });
});

test('[P80] over the limit the caller is told so, with an empty address', async () => {
  const env = { PUNCH_PER_SOURCE: '60', PUNCH_BURST_PER_SOURCE: '3', PUNCH_PER_TARGET: '5' };
  await withBench(env, async (bench) => {
    const leg = await bench.leg(0);
    for (let i = 0; i < 3; i++) {
      await bench.punch(leg, 'no-such-id');
      assert.equal((await expectMessage(leg, 'punchHoleResponse')).otherFailure, '');
    }
    await bench.punch(leg, 'no-such-id');
    const refused = await expectMessage(leg, 'punchHoleResponse');
    assert.equal(refused.socketAddr.length, 0);
    assert.match(refused.otherFailure, /not allowed/);
    // Two more from elsewhere use up what the target may be asked for.
    const other = await bench.leg(0);
    for (let i = 0; i < 2; i++) {
      await bench.punch(other, 'no-such-id');
      assert.equal((await expectMessage(other, 'punchHoleResponse')).otherFailure, '');
    }
    const third = await bench.leg(0);
    await bench.punch(third, 'no-such-id');
    assert.match((await expectMessage(third, 'punchHoleResponse')).otherFailure, /not allowed/);
    const metric = await bench.stack.rendezvous[0]?.metric(
      'rendezvous_attempts_total',
      '"limited"',
    );
    assert.ok((metric ?? 0) >= 2);
  });
});

test('wrong keys beyond the limit are hung up on; a right key from there still passes', async () => {
  await withBench({ WRONG_KEY_LIMIT: '3' }, async (bench) => {
    const leg = await bench.leg(0);
    for (let i = 0; i < 3; i++) {
      await bench.punch(leg, 'x', { licenceKey: 'wrong' });
      assert.equal((await leg.receive(5000))?.toString('hex'), '5a021803');
    }
    await bench.punch(leg, 'x', { licenceKey: 'wrong' });
    assert.equal(await leg.receive(5000), undefined);
    const right = await bench.leg(0, leg.local.ip);
    await bench.punch(right, 'x');
    assert.equal((await right.receive(5000))?.toString('hex'), '5a00');
  });
});

test('online queries: 2000 ids are looked up, bits beyond are 0, over the rate all are 0', async () => {
  await withBench({ ONLINE_PER_SOURCE: '2' }, async (bench) => {
    const device = await bench.device(0);
    const ids = [device.id, ...Array<string>(1999).fill('x'), device.id];
    const from = freshAddress();
    const server = bench.stack.server(0);
    const states = await onlineStates(server, ids, { from });
    assert.deepEqual([states.length, states[0], states[2000]], [2001, true, false]);
    assert.deepEqual(await onlineStates(server, [device.id], { from }), [true]);
    assert.deepEqual(await onlineStates(server, [device.id], { from }), [false]);
  });
});

test('[P74] the NAT test tells the source port; only p adds a newer server list', async () => {
  await withBench(
    { SERIAL: '7', RENDEZVOUS_SERVERS: 'a.example.com,b.example.com' },
    async (bench) => {
      for (const [open, serial, wanted] of [
        [(): Promise<unknown> => bench.leg(0), 6, 7],
        [(): Promise<unknown> => bench.leg(0), 7, undefined],
        [(): Promise<unknown> => bench.natLeg(0), 6, undefined],
      ] as const) {
        const leg = (await open()) as Awaited<ReturnType<Bench['leg']>>;
        await tell(leg, 'testNatRequest', { serial });
        const answer = await expectMessage(leg, 'testNatResponse');
        assert.equal(answer.port, leg.local.port);
        assert.equal(answer.cu?.serial, wanted);
        await leg.ended(5000);
      }
    },
  );
});

test('[P95] [P96] addresses behind a proxy: believed from a trusted one, each client its own', async () => {
  await withBench({ TRUSTED_PROXIES: '127.0.0.77' }, async (bench) => {
    const device = await bench.device(0);
    const headers = { 'X-Real-IP': '198.51.100.23' };
    const legs = await Promise.all([1, 2].map(() => bench.leg(0, '127.0.0.77', 'ws', headers)));
    const relays: string[] = [];
    for (const [i, leg] of legs.entries()) {
      await bench.punch(leg, device.id);
      await expectPush(device, 'punchHole', i + 1);
      relays.push(`relay-of-${i}`);
    }
    const { demangleAddress } = await import('@waystation/wire');
    const seen = device.pushes.map((push) => {
      assert.ok(push.name === 'punchHole');
      return push.value.socketAddr;
    });
    const addresses = seen.map((bytes) => demangleAddress(bytes));
    assert.deepEqual(
      addresses.map((address) => address?.ip),
      ['198.51.100.23', '198.51.100.23'],
    );
    assert.notEqual(addresses[0]?.port, addresses[1]?.port);
    for (const [i, socketAddr] of [...seen.entries()].reverse()) {
      const relayServer = relays[i] ?? '';
      const answer = { socketAddr, uuid: 'u', relayServer, id: device.id, version: '1.4.9' };
      await bench.answer(0, 'relayResponse', answer);
    }
    for (const [i, leg] of legs.entries()) {
      assert.equal((await expectMessage(leg, 'relayResponse')).relayServer, relays[i]);
    }
    const liar = await bench.leg(0, freshAddress(), 'ws', headers);
    await bench.punch(liar, device.id);
    const push = await expectPush(device, 'punchHole', 3);
    assert.deepEqual(demangleAddress(push.socketAddr)?.ip, liar.local.ip);
  });
});

test('[P102] relays take turns; a dead one disappears, comes back, and the last list stays', async (t) => {
  const ports = await freePorts(2);
  const open = async (port: number): Promise<Server> => {
    const server = createServer((socket) => socket.destroy()).listen(port, '127.0.0.1');
    t.after(() => server.close());
    await once(server, 'listening');
    return server;
  };
  const [first = 0, second = 0] = ports;
  const servers = [await open(first), await open(second)];
  const env = { RELAY_SERVERS: ports.map((p) => `127.0.0.1:${p}`).join(), RELAY_CHECK: '200ms' };
  await withBench({ ...env, PUNCH_PER_TARGET: '0' }, async (bench) => {
    const device = await bench.device(0);
    let pushes = 0;
    const next = async (): Promise<string> => {
      const leg = await bench.leg(0);
      await bench.punch(leg, device.id);
      pushes += 1;
      const { relayServer } = await expectPush(device, 'punchHole', pushes);
      leg.abort();
      await new Promise((resolve) => setTimeout(resolve, 110));
      return relayServer;
    };
    const named = async (): Promise<Set<string>> => new Set([await next(), await next()]);
    assert.equal((await named()).size, 2);
    servers[0]?.close();
    const alone = `127.0.0.1:${second}`;
    const isAlone = async (): Promise<boolean> => {
      const relays = await named();
      return relays.size === 1 && relays.has(alone);
    };
    await until(isAlone, { timeoutMs: 6000, what: 'the dead relay to disappear' });
    servers[1]?.close();
    await new Promise((resolve) => setTimeout(resolve, 600));
    assert.ok(await isAlone(), 'with all down the last list stays');
    await Promise.all(ports.map(open));
    await until(async () => (await named()).size === 2, { timeoutMs: 6000, what: 'both again' });
  });
});
