import assert from 'node:assert/strict';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { afterEach, test } from 'node:test';
import { until } from '@waystation/testkit';
import { WebSocket } from 'ws';
import { AddressSet } from './address-set.js';
import type { Listener } from './connection.js';
import type { ListenOptions, RefusalReason } from './listen-options.js';
import type { WsConnection } from './ws-connection.js';
import { listenWs } from './ws-listener.js';

const open: { listeners: Listener[]; sockets: Socket[]; webSockets: WebSocket[] } = {
  listeners: [],
  sockets: [],
  webSockets: [],
};

afterEach(async () => {
  for (const socket of open.sockets.splice(0)) socket.destroy();
  for (const webSocket of open.webSockets.splice(0)) webSocket.terminate();
  for (const listener of open.listeners.splice(0)) await listener.close();
});

async function listening(
  options: Partial<ListenOptions> = {},
  accepted: (connection: WsConnection) => void = () => undefined,
) {
  const connections: WsConnection[] = [];
  const messages: Buffer[] = [];
  const closes: string[] = [];
  const refusals: RefusalReason[] = [];
  const listener = await listenWs(
    {
      port: 0,
      reusePort: false,
      maxPerAddress: 0,
      trustedProxies: AddressSet.none,
      refused: (reason) => refusals.push(reason),
      ...options,
    },
    (connection) => {
      connections.push(connection);
      connection.onClose((reason) => closes.push(reason));
      accepted(connection);
      connection.onMessage((payload) => messages.push(payload));
    },
  );
  open.listeners.push(listener);
  return { port: listener.port, listener, connections, messages, closes, refusals };
}

async function client(port: number, headers: Record<string, string> = {}) {
  const webSocket = new WebSocket(`ws://127.0.0.1:${port}/any/path`, { headers });
  const state = { webSocket, received: [] as Buffer[], code: 0 };
  webSocket.on('message', (data: Buffer) => state.received.push(data));
  webSocket.on('close', (code) => (state.code = code));
  webSocket.on('error', () => undefined);
  open.webSockets.push(webSocket);
  await until(() => webSocket.readyState !== WebSocket.CONNECTING, { what: 'the handshake' });
  return state;
}

/** Does the upgrade by hand and keeps every byte that the server sends behind it. */
async function rawClient(port: number): Promise<Socket & { received: Buffer }> {
  const socket = Object.assign(connect(port, '127.0.0.1'), { received: Buffer.alloc(0) });
  open.sockets.push(socket);
  let head = '';
  socket.on('data', (data: Buffer) => {
    if (head.endsWith('\r\n\r\n')) socket.received = Buffer.concat([socket.received, data]);
    else head += data.toString('latin1');
  });
  socket.write(
    'GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
  );
  await until(() => head.endsWith('\r\n\r\n'), { what: 'the upgrade' });
  assert.match(head, /^HTTP\/1\.1 101 /);
  return socket;
}

test('[P10] one binary message is one payload without a header, both ways', async () => {
  const server = await listening();
  const peer = await client(server.port);
  peer.webSocket.send(Buffer.from('0401', 'hex'));
  peer.webSocket.send(Buffer.of(9));
  await until(() => server.messages.length === 2, { what: 'both messages' });
  assert.deepEqual(server.messages, [Buffer.from('0401', 'hex'), Buffer.of(9)]);
  server.connections[0]?.send(Buffer.of(1, 2));
  server.connections[0]?.send(Buffer.alloc(0));
  await until(() => peer.received.length === 2, { what: 'both answers' });
  assert.deepEqual(peer.received, [Buffer.of(1, 2), Buffer.alloc(0)]);
});

test('[P8] an empty message closes nothing', async () => {
  const server = await listening();
  const peer = await client(server.port);
  peer.webSocket.send(Buffer.alloc(0));
  peer.webSocket.send(Buffer.of(1));
  await until(() => server.messages.length === 2, { what: 'both messages' });
  assert.equal(server.connections[0]?.closed, false);
});

test('[P11] a fragmented message is put together', async () => {
  const server = await listening();
  const peer = await client(server.port);
  for (const [byte, fin] of [
    [1, false],
    [2, false],
    [3, true],
  ] as const) {
    peer.webSocket.send(Buffer.of(byte), { fin, binary: true });
  }
  await until(() => server.messages.length === 1, { what: 'the message' });
  assert.deepEqual(server.messages, [Buffer.of(1, 2, 3)]);
});

test('[P12] a 20 MiB message leaves as one message of frames no longer than 16 MiB', async () => {
  const server = await listening();
  const socket = await rawClient(server.port);
  await until(() => server.connections.length === 1, { what: 'the connection' });
  const payload = Buffer.alloc(20 * 1024 * 1024, 5);
  server.connections[0]?.send(payload);
  const total = payload.length + 2 * 10;
  await until(() => socket.received.length >= total, { what: 'all bytes', timeoutMs: 20_000 });
  const first = Number(socket.received.readBigUInt64BE(2));
  assert.deepEqual([socket.received[0], socket.received[1], first], [0x02, 127, 16 * 1024 * 1024]);
  const second = socket.received.subarray(10 + first);
  assert.deepEqual(
    [second[0], second[1], Number(second.readBigUInt64BE(2))],
    [0x80, 127, 4 * 1024 * 1024],
  );
  assert.equal(socket.received.length, total);
});

test('text is no message, and pings are answered', async () => {
  const server = await listening();
  const peer = await client(server.port);
  let pongs = 0;
  peer.webSocket.on('pong', () => (pongs += 1));
  peer.webSocket.send('hello');
  peer.webSocket.ping();
  peer.webSocket.send(Buffer.of(1));
  await until(() => server.messages.length === 1 && pongs === 1, { what: 'message and pong' });
  assert.deepEqual(server.messages, [Buffer.of(1)]);
});

test('a message above the limit closes the connection with 1009', async () => {
  const server = await listening({}, (connection) => (connection.limitBytes = 100));
  const peer = await client(server.port);
  peer.webSocket.send(Buffer.alloc(100));
  await until(() => server.messages.length === 1, { what: 'the message at the limit' });
  peer.webSocket.send(Buffer.alloc(101));
  await until(() => peer.code !== 0, { what: 'the close' });
  assert.deepEqual([peer.code, server.closes], [1009, ['frame-too-long']]);
});

test('close sends what waits, then the given code', async () => {
  const server = await listening();
  const peer = await client(server.port);
  await until(() => server.connections.length === 1, { what: 'the connection' });
  server.connections[0]?.send(Buffer.alloc(3_000_000));
  server.connections[0]?.close('policy', 1008);
  await until(() => peer.code !== 0, { what: 'the close' });
  assert.deepEqual([peer.code, peer.received.length, server.closes], [1008, 1, ['policy']]);
});

test('a silent connection is closed after its idle limit, a pinging one is not', async (t) => {
  const server = await listening({}, (connection) => (connection.idleMs = 150));
  const silent = await client(server.port);
  const pinging = await client(server.port);
  let pongs = 0;
  pinging.webSocket.on('pong', () => (pongs += 1));
  const beat = setInterval(() => pinging.webSocket.ping(), 20);
  t.after(() => clearInterval(beat));
  await until(() => silent.code !== 0, { what: 'the close' });
  await until(() => pongs > 15, { what: 'the other to outlive the limit' });
  assert.deepEqual([silent.code, server.closes], [1000, ['idle']]);
});

test('a message that drips in is cut off', async (t) => {
  const server = await listening({ frameMs: 150 });
  const socket = await rawClient(server.port);
  socket.write(Buffer.from('82fe0fff00000000', 'hex'));
  const drip = setInterval(() => socket.write(Buffer.of(1)), 20);
  t.after(() => clearInterval(drip));
  await until(() => server.closes.length === 1, { what: 'the close' });
  assert.deepEqual(server.closes, ['slow-frame']);
});

test('a handshake that never comes and a plain request are turned away', async () => {
  const server = await listening({ frameMs: 100 });
  const silent = connect(server.port, '127.0.0.1');
  open.sockets.push(silent);
  await until(() => silent.destroyed, { what: 'the silent one to be closed' });
  const response = await fetch(`http://127.0.0.1:${server.port}/`);
  assert.equal(response.status, 426);
  await response.arrayBuffer();
  await until(() => server.listener.connections === 0, { what: 'no connection left' });
});

test('[P96] X-Real-IP of an untrusted peer is ignored', async () => {
  const server = await listening();
  await client(server.port, { 'X-Real-IP': '1.2.3.4', 'X-Forwarded-For': '1.2.3.4' });
  await until(() => server.connections.length === 1, { what: 'the connection' });
  assert.equal(server.connections[0]?.remote.ip, '127.0.0.1');
});

const BEHIND_PROXY = { trustedProxies: AddressSet.parse('127.0.0.1'), maxPerAddress: 2 };

test('behind a trusted proxy clients have their own ip, a port of their own, and their own limit', async () => {
  const server = await listening(BEHIND_PROXY);
  for (let i = 0; i < 2; i += 1)
    await client(server.port, { 'X-Forwarded-For': '9.9.9.9, 1.2.3.4' });
  await until(() => server.connections.length === 2, { what: 'two connections' });
  const third = await client(server.port, { 'X-Real-IP': '1.2.3.4' });
  assert.notEqual(third.webSocket.readyState, WebSocket.OPEN);
  await client(server.port, { 'X-Real-IP': '[2001:db8::1]' });
  await until(() => server.connections.length === 3, { what: 'another address' });
  assert.deepEqual(
    server.connections.map((connection) => connection.remote.ip),
    ['1.2.3.4', '1.2.3.4', '2001:db8::1'],
  );
  const [first, second] = server.connections.map((connection) => connection.remote.port);
  assert.ok(first !== second && first !== 0 && second !== 0);
  assert.deepEqual(server.refusals, ['address-limit']);
});

test('a PROXY header works in front of an upgrade', async () => {
  const server = await listening({ ...BEHIND_PROXY, proxyProtocol: true });
  const socket = connect(server.port, '127.0.0.1');
  open.sockets.push(socket);
  socket.write(
    'PROXY TCP4 198.51.100.9 203.0.113.7 4321 21118\r\n' +
      'GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
  );
  await until(() => server.connections.length === 1, { what: 'the connection' });
  assert.deepEqual(server.connections[0]?.remote, { ip: '198.51.100.9', port: 4321 });
});

test('[P122] a bare connect and disconnect leaves no state and reports nothing', async () => {
  const server = await listening();
  for (let i = 0; i < 10; i += 1) {
    const socket = connect(server.port, '127.0.0.1');
    socket.on('error', () => undefined);
    await until(() => !socket.connecting, { what: 'connect' });
    socket[i % 2 === 0 ? 'destroy' : 'resetAndDestroy']();
    await until(() => server.listener.connections === 0, { what: 'the place to be free' });
  }
  assert.deepEqual([server.refusals, server.connections.length], [[], 0]);
});
