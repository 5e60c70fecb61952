import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until } from '@waystation/testkit';
import { AddressSet } from './address-set.js';
import { client, ended, listening } from './testing/tcp-server.js';

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
