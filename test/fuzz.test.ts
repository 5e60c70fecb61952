import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { after, before, describe, test, type TestContext } from 'node:test';
import { encodeMessage } from '@waystation/wire';
import {
  Caller,
  Device,
  dial,
  loopbackAddress,
  onlineStates,
  startStack,
  TcpLeg,
  within,
  type DialOptions,
  type Leg,
  type ServerAddress,
  type Stack,
  type Transport,
} from '@waystation/testkit';
import { FrameSource } from './fuzz/frame-source.js';

const FRAMES_PER_PORT = 10_000;
const CONNECTIONS_AT_ONCE = 50;
// One source has fewer free ports than this test makes connections.
const SOURCES = 200;
// Far fewer than the smallest receive buffer holds: none may be lost before the server saw it.
const DATAGRAMS_AT_ONCE = 50;

const seed = Number(process.env['FUZZ_SEED'] ?? randomInt(2 ** 31));

// Protocol 9.1: 300,000 groups opened, then 300,000 closed.
const NESTED_GROUPS = Buffer.concat([Buffer.alloc(300_000, 0x0b), Buffer.alloc(300_000, 0x0c)]);

describe(`garbage, seed ${String(seed)} (repeat with FUZZ_SEED)`, { timeout: 240_000 }, () => {
  let stack: Stack;

  before(async () => {
    // No limit may hide what the decoder does with the garbage.
    const env = {
      SIGNAL_CONNECTIONS_PER_ADDRESS: '0',
      NAT_CONNECTIONS_PER_ADDRESS: '0',
      WRONG_KEY_LIMIT: '0',
      PUNCH_PER_SOURCE: '0',
    };
    stack = await startStack({
      serviceEnv: { rendezvous: env, relay: { RELAY_CONNECTIONS_PER_ADDRESS: '0' } },
    });
  });

  after(() => stack.stop());

  /** Every process still runs and a whole session still comes about. */
  async function everythingServes(): Promise<void> {
    for (const replica of stack.replicas) assert.ok(replica.alive, `${replica.service} ended`);
    const shared = { server: stack.server(), key: stack.key };
    const device = new Device({ ...shared, from: loopbackAddress(60_000 + randomInt(4_000)) });
    const caller = new Caller({ ...shared, from: loopbackAddress(59_000), forceRelay: true });
    try {
      await device.start();
      const arrival = device.session();
      const [mine, theirs] = await Promise.all([caller.connect(device.id), arrival]);
      await mine.leg.send(Buffer.from('still here'));
      assert.equal(String(await theirs.leg.receive()), 'still here');
      assert.deepEqual(await onlineStates(stack.server(), [device.id]), [true]);
    } finally {
      caller.stop();
      device.stop();
    }
  }

  function relayAsServer(): ServerAddress {
    return { host: '127.0.0.1', port: stack.relays[0]?.port ?? 0 };
  }

  const natTest = () => ({ host: '127.0.0.1', port: stack.server().port - 1 });
  const streamPorts: readonly [string, Transport, () => ServerAddress][] = [
    ['TCP p-1', 'tcp', natTest],
    ['TCP p', 'tcp', () => stack.server()],
    ['TCP q', 'tcp', relayAsServer],
    ['WS p+2', 'ws', () => stack.server()],
    ['WS q+2', 'ws', relayAsServer],
  ];

  for (const [index, [name, transport, place]] of streamPorts.entries()) {
    test(`${String(FRAMES_PER_PORT)} random and mutated frames on ${name} leave everything serving`, async () => {
      const source = new FrameSource(seed + index);
      for (let sent = 0; sent < FRAMES_PER_PORT; sent += CONNECTIONS_AT_ONCE) {
        const round = Array.from({ length: CONNECTIONS_AT_ONCE }, (_, i) => {
          const from = loopbackAddress(30_000 + ((sent + i) % SOURCES));
          return sendOne(transport, { ...place(), from }, source.next());
        });
        await Promise.all(round);
      }
      await everythingServes();
    });
  }

  test(`${String(FRAMES_PER_PORT)} random and mutated datagrams on UDP p leave everything serving`, async (t) => {
    const source = new FrameSource(seed + 99);
    const [garbage, fence] = [await udpTo(t, stack.server()), await udpTo(t, stack.server())];
    for (let sent = 0; sent < FRAMES_PER_PORT; sent += DATAGRAMS_AT_ONCE) {
      for (let i = 0; i < DATAGRAMS_AT_ONCE; i++) garbage.send(source.next());
      // Datagrams are handled in order: this one's answer says that those before it were.
      fence.send(encodeMessage('registerPeer', { id: '(:fence:)' }));
      await within(once(fence, 'message'), 10_000, 'answer to a heartbeat behind garbage');
    }
    await everythingServes();
  });

  test('nested groups 300,000 deep end that connection only [P23] [P25]', async (t) => {
    for (const [, transport, place] of streamPorts) {
      const leg = await dial(transport, place());
      t.after(() => leg.abort());
      await leg.send(NESTED_GROUPS);
      assert.equal(await leg.receive(10_000), undefined, 'the garbage was answered');
    }
    const socket = await udpTo(t, stack.server());
    // The largest datagram there is.
    for (const depth of [1_000, 32_000]) {
      socket.send(NESTED_GROUPS.subarray(300_000 - depth, 300_000 + depth));
    }
    await everythingServes();
  });

  test('half a frame, a bare connect and a header of 1 GiB cost nothing [P6]', async (t) => {
    const [rendezvous] = stack.rendezvous;
    assert.ok(rendezvous);
    const before = await rendezvous.memoryBytes();
    const legs: Leg[] = [];
    for (let i = 0; i < 50; i++) {
      const leg = await dial('tcp', stack.server());
      t.after(() => leg.abort());
      legs.push(leg);
      await sendUnframed(leg, Buffer.from('ffffffff', 'hex'));
    }
    for (const leg of legs) await leg.ended(10_000);
    const grown = (await rendezvous.memoryBytes()) - before;
    assert.ok(grown < 50 * 1024 * 1024, `grew by ${String(grown)} bytes`);
    await everythingServes();
  });
});

/** A socket to a server, until the test is over. */
async function udpTo(t: TestContext, { host, port }: ServerAddress): Promise<Socket> {
  const socket = createSocket('udp4');
  t.after(() => socket.close());
  socket.connect(port, host);
  await once(socket, 'connect');
  return socket;
}

async function sendUnframed(leg: Leg, bytes: Buffer): Promise<void> {
  assert.ok(leg instanceof TcpLeg);
  await leg.sendRaw(bytes);
}

/**
 * A connection of its own for every frame, because it ends at the first one that makes no sense. What
 * comes back is of no interest.
 */
async function sendOne(transport: Transport, place: DialOptions, frame: Buffer): Promise<void> {
  const leg = await dial(transport, place);
  await leg.send(frame);
  // A real question behind it: the answer, or the end of the connection, says that all was handled.
  await leg.send(encodeMessage('testNatRequest', {}));
  leg.close();
  await leg.ended(10_000);
}
