import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { after, afterEach, before, describe, test } from 'node:test';
import { onlineStates, until } from '@waystation/testkit';
import {
  encodeMessage,
  mangleAddress,
  messageNames,
  type MessageName,
  type Messages,
} from '@waystation/wire';
import { Bench, expectPush, freshAddress, type UdpClient } from './testing/harness.js';

/** Sources of the burst, as a flood with forged addresses has them. */
const SOURCES = 100_000;
const WARM_UP_SOURCES = 20_000;
const SOURCES_AT_ONCE = 400;
const MEBIBYTE = 2 ** 20;

for (const [name, env] of [
  ['default settings', {}],
  ['UDP punching', { UDP_PUNCH: 'Y' }],
] as const) {
  describe(`amplification, ${name}`, { concurrency: false }, () => {
    let bench: Bench;
    before(async () => {
      bench = await Bench.start(1, env);
    });
    afterEach(() => bench.closing.all());
    after(() => bench.stop());

    /** Every kind of message, bare and with everything that could lead to a third party. */
    function everyKind(id: string, victim: UdpClient): { name: MessageName; bytes: Buffer }[] {
      const place = { ip: victim.socket.address().address, port: victim.port };
      const address = mangleAddress(place, 7);
      const everything = {
        id,
        socketAddr: address,
        localAddr: address,
        relayServer: `${place.ip}:${place.port}`,
        licenceKey: bench.key,
        uuid: Buffer.from('a-uuid'),
        pk: Buffer.alloc(32, 1),
        version: '1.4.9',
        udpPort: place.port,
        peers: Array.from({ length: 50 }, () => id),
        token: 'a-token',
        serial: 1,
        method: 'GET',
        path: '/api/x',
      } as unknown as Partial<Messages[MessageName]>;
      // On loopback a heartbeat moves its device whatever the address (protocol 6.1 step 3).
      const special: Partial<Record<MessageName, object>> = {
        registerPeer: { id: 'nobody-has-this-id' },
        requestRelay: { id, uuid: 'a-uuid' },
      };
      return messageNames.flatMap((name) => {
        const full = special[name] ?? everything;
        return [{}, full].map((value) => ({ name, bytes: encodeMessage(name, value as never) }));
      });
    }

    test('[P124] [P89] unknown sources get no more bytes than they sent, third parties none', async () => {
      const device = await bench.device(0);
      const victim = await bench.udp(0);
      for (const { name: kind, bytes } of everyKind(device.id, victim)) {
        const client = await bench.udp(0);
        const copies = 10;
        for (let copy = 0; copy < copies; copy++) client.sendRaw(bytes);
        // An answer to a question asked now is the last: datagrams of one socket are served in order.
        client.send('registerPeer', { id: 'nobody-has-this-id' });
        let answeredBytes = 0;
        for (let last = false; !last;) {
          const { data } = await client.heard.take(5000, `an answer after ${kind}`);
          last = data.toString('hex') === '3a021001' && kind !== 'registerPeer';
          if (!last) answeredBytes += data.length;
          if (kind === 'registerPeer') last = data.toString('hex') === '3a021001';
        }
        // Told apart, not excused: 7 bytes for 3, of a limited number, while the operator wants it.
        const mayBeLonger = kind === 'testNatRequest' && 'UDP_PUNCH' in env;
        const allowed = mayBeLonger ? copies * 8 : copies * bytes.length;
        assert.ok(answeredBytes <= allowed, `${kind}: ${answeredBytes} > ${allowed}`);
      }
      assert.ok(await victim.wasIgnored());
      // Were there a push of the burst, it would be the first.
      const leg = await bench.leg(0);
      await bench.punch(leg, device.id);
      await expectPush(device, 'punchHole');
      assert.equal(device.pushes.length, 1);
    });
  });
}

test(`a burst from ${SOURCES} addresses leaves devices online and memory bounded`, async () => {
  const bench = await Bench.start(1, { UDP_PUNCH: 'Y' });
  try {
    const devices = await Promise.all([1, 2, 3].map(() => bench.device(0, { heartbeatMs: 500 })));
    const [replica] = bench.stack.rendezvous;
    const memory = (): Promise<number> | undefined =>
      replica?.metric('process_resident_memory_bytes');
    const { host, port } = bench.stack.server(0);
    const target = mangleAddress({ ip: '127.0.0.1', port: 9 }, 7);
    const messages = [
      encodeMessage('registerPeer', { id: 'nobody-has-this-id' }),
      encodeMessage('punchHoleSent', { socketAddr: target, id: 'x', version: '1.4.9' }),
      encodeMessage('testNatRequest', {}),
    ];
    const burst = async (begin: number, end: number): Promise<void> => {
      for (let first = begin; first < end; first += SOURCES_AT_ONCE) {
        const numbers = Array.from({ length: SOURCES_AT_ONCE }, (_, i) => first + i);
        await Promise.all(numbers.map((n) => sendFrom(sourceNumber(n), messages, port, host)));
      }
    };
    // The first load makes the heap as large as work needs it; only what comes on top is growth.
    await burst(SOURCES, SOURCES + WARM_UP_SOURCES);
    const before = (await memory()) ?? 0;
    const known = await replica?.metric('rendezvous_peers_udp');
    await burst(0, SOURCES);
    const answered = devices.map((device) => device.heartbeatAnswers.length);
    await until(() => devices.every((d, i) => d.heartbeatAnswers.length > (answered[i] ?? 0)), {
      what: 'heartbeats to be answered after the burst',
    });
    assert.ok(devices.every((device) => !device.heartbeatAnswers.includes(true)));
    const ids = devices.map(({ id }) => id);
    const states = await onlineStates(bench.stack.server(0), ids, { from: freshAddress() });
    assert.deepEqual(states, [true, true, true]);
    const grown = ((await memory()) ?? 0) - before;
    assert.ok(grown < 100 * MEBIBYTE, `grew by ${Math.round(grown / MEBIBYTE)} MiB`);
    assert.equal(await replica?.metric('rendezvous_peers_udp'), known);
  } finally {
    await bench.stop();
  }
});

/** An address of loopback that no other client of these tests has. */
function sourceNumber(n: number): string {
  const [block, host] = [Math.floor(n / 250), n % 250];
  return `127.${200 + Math.floor(block / 250)}.${block % 250}.${host + 1}`;
}

async function sendFrom(
  from: string,
  messages: readonly Buffer[],
  port: number,
  host: string,
): Promise<void> {
  const socket = createSocket('udp4');
  socket.bind(0, from);
  await once(socket, 'listening');
  await Promise.all(
    messages.map((message) => new Promise((sent) => socket.send(message, port, host, sent))),
  );
  socket.close();
}
