import assert from 'node:assert/strict';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { afterEach, test } from 'node:test';
import { encodeFrame } from '@waystation/wire';
import { until } from '@waystation/testkit';
import { AddressSet } from './address-set.js';
import type { Listener } from './connection.js';
import type { ListenOptions, RefusalReason } from './listen-options.js';
import type { TcpConnection } from './tcp-connection.js';
import { listenTcp } from './tcp-listener.js';

interface Seen {
  readonly connections: TcpConnection[];
  readonly messages: string[];
  readonly closes: string[];
  readonly refusals: RefusalReason[];
}

const open: { listeners: Listener[]; sockets: Socket[]; seen: Seen[] } = {
  listeners: [],
  sockets: [],
  seen: [],
};

afterEach(async () => {
  for (const seen of open.seen.splice(0)) for (const c of seen.connections) c.stream.destroy();
  for (const socket of open.sockets.splice(0)) socket.destroy();
  for (const listener of open.listeners.splice(0)) await listener.close();
});

async function listening(
  options: Partial<ListenOptions> = {},
  accepted: (connection: TcpConnection) => void = () => undefined,
): Promise<Seen & { port: number; listener: Listener }> {
  const seen: Seen = { connections: [], messages: [], closes: [], refusals: [] };
  const listener = await listenTcp(
    {
      port: 0,
      reusePort: false,
      maxPerAddress: 0,
      trustedProxies: AddressSet.none,
      refused: (reason) => seen.refusals.push(reason),
      ...options,
    },
    (connection) => {
      seen.connections.push(connection);
      connection.onClose((reason) => seen.closes.push(reason));
      accepted(connection);
      connection.onMessage((payload) => seen.messages.push(payload.toString('hex')));
    },
  );
  open.listeners.push(listener);
  open.seen.push(seen);
  return { ...seen, port: listener.port, listener };
}

function client(port: number, host = '127.0.0.1'): Socket & { received: Buffer } {
  const socket = Object.assign(connect({ port, host, noDelay: true }), {
    received: Buffer.alloc(0),
  });
  socket.on('error', () => undefined);
  socket.on('data', (data: Buffer) => (socket.received = Buffer.concat([socket.received, data])));
  open.sockets.push(socket);
  return socket;
}

const ended = (socket: Socket): Promise<unknown> =>
  until(() => socket.readableEnded || socket.destroyed, { what: 'the connection to end' });

test('[P3] a frame delivered one byte at a time is delivered', async () => {
  const server = await listening();
  const socket = client(server.port);
  const frame = encodeFrame(Buffer.from('00112233445566778899', 'hex'));
  for (const byte of frame) {
    socket.write(Buffer.of(byte));
    await new Promise((resolve) => setImmediate(resolve));
  }
  await until(() => server.messages.length === 1, { what: 'the frame' });
  assert.deepEqual(server.messages, ['00112233445566778899']);
});

test('[P4] two frames in one segment are delivered in order', async () => {
  const server = await listening();
  client(server.port).write(
    Buffer.concat([encodeFrame(Buffer.of(1)), encodeFrame(Buffer.of(2, 2))]),
  );
  await until(() => server.messages.length === 2, { what: 'both frames' });
  assert.deepEqual(server.messages, ['01', '0202']);
});

test('[P6] a header that announces a gigabyte allocates nothing and closes the connection', async () => {
  const server = await listening();
  const before = process.memoryUsage().arrayBuffers;
  const socket = client(server.port);
  socket.write(Buffer.from('ffffffff', 'hex'));
  await ended(socket);
  assert.deepEqual(server.closes, ['frame-too-long']);
  assert.ok(process.memoryUsage().arrayBuffers - before < 1024 * 1024);
  assert.equal(socket.received.length, 0);
});

test('a gigabyte frame that is allowed but has not come allocates nothing either', async () => {
  const server = await listening({}, (connection) => (connection.limitBytes = 2 ** 30 - 1));
  const before = process.memoryUsage().arrayBuffers;
  client(server.port).write(Buffer.from('ffffffff', 'hex'));
  await until(() => server.connections[0]?.bytesPending === 4, { what: 'the header' });
  assert.ok(process.memoryUsage().arrayBuffers - before < 1024 * 1024);
});

test('[P7] a frame above the limit closes without a reply, one at the limit passes', async () => {
  const server = await listening({}, (connection) => (connection.limitBytes = 100));
  const socket = client(server.port);
  socket.write(encodeFrame(Buffer.alloc(100)));
  await until(() => server.messages.length === 1, { what: 'the frame at the limit' });
  socket.write(encodeFrame(Buffer.alloc(101)));
  await ended(socket);
  assert.deepEqual(server.closes, ['frame-too-long']);
  assert.equal(socket.received.length, 0);
});

test('[P8] a zero-length frame is an empty message and closes nothing', async () => {
  const server = await listening();
  const socket = client(server.port);
  socket.write(Buffer.from('0003000000', 'hex'));
  socket.write(encodeFrame(Buffer.of(7)));
  await until(() => server.messages.length === 3, { what: 'all messages' });
  assert.deepEqual(server.messages, ['', '', '07']);
  assert.equal(server.connections[0]?.closed, false);
});

test('what is sent before close arrives, framed, and then the connection ends', async () => {
  const big = Buffer.alloc(3_000_000, 'x');
  const server = await listening({}, (connection) =>
    connection.onFirstByte(() => {
      connection.send(Buffer.of(1, 2));
      connection.send(big);
      connection.close('done');
    }),
  );
  const socket = client(server.port);
  socket.write(encodeFrame(Buffer.from('anything')));
  await ended(socket);
  assert.ok(
    socket.received.equals(Buffer.concat([encodeFrame(Buffer.of(1, 2)), encodeFrame(big)])),
  );
  assert.deepEqual(server.closes, ['done']);
  assert.deepEqual(server.messages, []);
});

test('queued frames keep their order and onDrain follows', async () => {
  let drained = 0;
  const server = await listening({}, (connection) => connection.onDrain(() => (drained += 1)));
  const socket = client(server.port);
  socket.pause();
  await until(() => server.connections.length === 1, { what: 'the connection' });
  const payloads = Array.from({ length: 400 }, (_, i) => Buffer.alloc(50_000, i % 251));
  const sent = payloads.map((payload) => server.connections[0]?.send(payload));
  assert.ok(sent.includes(false), 'the kernel takes 20 MB at once');
  assert.ok((server.connections[0]?.bytesBuffered ?? 0) > 0);
  socket.resume();
  await until(() => drained === 1, { what: 'drain' });
  const expected = Buffer.concat(payloads.map((payload) => encodeFrame(payload)));
  await until(() => socket.received.length === expected.length, { what: 'all bytes' });
  assert.ok(socket.received.equals(expected));
});

test('a silent connection is closed after its idle limit, a talking one is not', async (t) => {
  const server = await listening({}, (connection) => (connection.idleMs = 150));
  const silent = client(server.port);
  const talking = client(server.port);
  const beat = setInterval(() => talking.write(Buffer.of(0)), 20);
  t.after(() => clearInterval(beat));
  await ended(silent);
  await until(() => server.messages.length > 15, { what: 'the other to outlive the limit' });
  assert.deepEqual(server.closes, ['idle']);
});

test('a frame that drips in is cut off although every byte resets the idle time', async (t) => {
  const server = await listening({ frameMs: 150 });
  const socket = client(server.port);
  socket.write(Buffer.from('fc', 'hex'));
  const drip = setInterval(() => socket.write(Buffer.of(1)), 20);
  t.after(() => clearInterval(drip));
  await ended(socket);
  assert.deepEqual(server.closes, ['slow-frame']);
});

test('detach hands over every byte behind the last delivered frame', async () => {
  let handed = '';
  const server = await listening({}, (connection) => {
    queueMicrotask(() =>
      connection.onMessage((payload) => {
        const { stream, rest } = connection.detach();
        handed = `${payload.toString('hex')}|${rest.toString('hex')}`;
        stream.onBytes((bytes) => (handed += `|${bytes.toString('hex')}`));
        stream.resume();
      }),
    );
  });
  const socket = client(server.port);
  socket.write(Buffer.from('0401' + 'fc00ff', 'hex'));
  await until(() => handed !== '', { what: 'the hand-over' });
  socket.write(Buffer.from('0409', 'hex'));
  await until(() => handed.split('|').length === 3, { what: 'raw bytes' });
  assert.equal(handed, '01|fc00ff|0409');
  assert.deepEqual(server.messages, []);
});

test('a paused connection delivers nothing until it resumes', async () => {
  const server = await listening();
  const socket = client(server.port);
  await until(() => server.connections.length === 1, { what: 'the connection' });
  server.connections[0]?.pause();
  socket.write(Buffer.from('04010402', 'hex'));
  await new Promise((resolve) => socket.write(Buffer.from('0403', 'hex'), resolve));
  assert.deepEqual(server.messages, []);
  server.connections[0]?.resume();
  await until(() => server.messages.length === 3, { what: 'the messages' });
  assert.deepEqual(server.messages, ['01', '02', '03']);
});

test('a handler that throws costs its own connection only', async () => {
  const server = await listening({}, (connection) =>
    connection.onFirstByte(() => {
      if (server.connections.length === 1) throw new Error('a fault of ours');
    }),
  );
  const first = client(server.port);
  first.write(Buffer.from('0401', 'hex'));
  await ended(first);
  client(server.port).write(Buffer.from('0402', 'hex'));
  await until(() => server.messages.length === 1, { what: 'the second' });
  assert.deepEqual(server.closes, ['handler-failed']);
});

test('an address holds at most its number of connections, and gets places back', async () => {
  const server = await listening({ maxPerAddress: 2 });
  const [first, second] = [client(server.port), client(server.port)];
  await until(() => server.connections.length === 2, { what: 'two connections' });
  const third = client(server.port);
  await ended(third);
  assert.deepEqual(server.refusals, ['address-limit']);
  assert.equal(server.listener.connections, 2);
  first.destroy();
  await until(() => server.listener.connections === 1, { what: 'a free place' });
  client(server.port).write(Buffer.from('0401', 'hex'));
  await until(() => server.messages.length === 1, { what: 'the fourth' });
  second.destroy();
});

test('a blocked address is closed before anything is read', async () => {
  const server = await listening({ isBlocked: (ip) => ip === '127.0.0.1' });
  const socket = client(server.port);
  socket.write(Buffer.from('0401', 'hex'));
  await ended(socket);
  assert.deepEqual([server.refusals, server.connections.length], [['blocked'], 0]);
});

test('[P121] an IPv4 client has the same address on a dual-stack and an IPv4-only listener', async () => {
  const both = await listening();
  const four = await listening({ host: '0.0.0.0' });
  client(both.port);
  client(four.port);
  await until(() => both.connections.length + four.connections.length === 2, { what: 'both' });
  assert.equal(both.connections[0]?.remote.ip, '127.0.0.1');
  assert.equal(four.connections[0]?.remote.ip, '127.0.0.1');
});

test('an IPv6 client is seen with its address and port', async () => {
  const server = await listening();
  const socket = client(server.port, '::1');
  await until(() => server.connections.length === 1, { what: 'the connection' });
  assert.deepEqual(server.connections[0]?.remote, { ip: '::1', port: socket.localPort });
});

test('[P122] a bare connect and disconnect leaves no state and reports nothing', async () => {
  const server = await listening({ maxPerAddress: 3 });
  for (let i = 0; i < 20; i += 1) {
    const socket = client(server.port);
    await until(() => !socket.connecting, { what: 'connect' });
    socket[i % 2 === 0 ? 'destroy' : 'resetAndDestroy']();
    await until(() => server.listener.connections === 0, { what: 'the place to be free' });
  }
  assert.deepEqual(server.refusals, []);
});

test('a port in use is refused with one sentence that names it', async () => {
  const server = await listening();
  await assert.rejects(listening({ port: server.port }), new RegExp(`\\[::\\]:${server.port}`));
});

test('a closed listener takes no new connection and keeps the old one', async () => {
  const server = await listening();
  const socket = client(server.port);
  await until(() => server.connections.length === 1, { what: 'the connection' });
  await server.listener.close();
  const late = client(server.port);
  await until(() => late.destroyed, { what: 'refusal' });
  socket.write(Buffer.from('0401', 'hex'));
  await until(() => server.messages.length === 1, { what: 'the old connection' });
});

const PROXY_V1 = Buffer.from('PROXY TCP4 198.51.100.23 203.0.113.7 54321 21117\r\n');
const FROM_LOOPBACK = { proxyProtocol: true, trustedProxies: AddressSet.parse('127.0.0.0/8') };

test('a PROXY header names the client, byte by byte too, and what follows it is protocol', async () => {
  const server = await listening(FROM_LOOPBACK);
  const socket = client(server.port);
  for (const byte of Buffer.concat([PROXY_V1, Buffer.from('0401', 'hex')])) {
    socket.write(Buffer.of(byte));
    await new Promise((resolve) => setImmediate(resolve));
  }
  client(server.port).write(Buffer.concat([PROXY_V1, Buffer.from('0402', 'hex')]));
  await until(() => server.messages.length === 2, { what: 'both messages' });
  assert.deepEqual(server.messages.toSorted(), ['01', '02']);
  for (const { remote } of server.connections) {
    assert.deepEqual(remote, { ip: '198.51.100.23', port: 54321 });
  }
});

test('with PROXY protocol on, others and bad headers are closed', async () => {
  const server = await listening(FROM_LOOPBACK);
  const headless = client(server.port);
  headless.write(Buffer.from('0401', 'hex'));
  await ended(headless);
  const stranger = await listening({ ...FROM_LOOPBACK, trustedProxies: AddressSet.none });
  const socket = client(stranger.port);
  socket.write(PROXY_V1);
  await ended(socket);
  assert.deepEqual([server.refusals, stranger.refusals], [['bad-proxy-header'], ['not-a-proxy']]);
  assert.equal(server.connections.length + stranger.connections.length, 0);
});

test('without the option a PROXY header is protocol garbage, never detected', async () => {
  const server = await listening({ trustedProxies: AddressSet.parse('127.0.0.0/8') });
  client(server.port).write(PROXY_V1);
  await until(() => server.messages.length === 1, { what: 'the bytes as a frame' });
  assert.equal(server.connections[0]?.remote.ip, '127.0.0.1');
});
