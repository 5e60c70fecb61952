import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import type { Socket, SocketType } from 'node:dgram';
import { afterEach, test } from 'node:test';
import { until } from '@waystation/testkit';
import { openUdp, type UdpEndpoint } from './udp-endpoint.js';

interface Datagram {
  readonly hex: string;
  readonly ip: string;
  readonly port: number;
}

const open: { endpoints: UdpEndpoint[]; sockets: Socket[] } = { endpoints: [], sockets: [] };

afterEach(async () => {
  for (const endpoint of open.endpoints.splice(0)) await endpoint.close();
  for (const socket of open.sockets.splice(0)) socket.close();
});

async function echo(host?: string): Promise<{ endpoint: UdpEndpoint; seen: Datagram[] }> {
  const seen: Datagram[] = [];
  const endpoint = await openUdp({ host, port: 0, reusePort: false }, (data, ip, port) => {
    seen.push({ hex: data.toString('hex'), ip, port });
    endpoint.send(data, port, ip);
  });
  open.endpoints.push(endpoint);
  return { endpoint, seen };
}

async function client(type: SocketType): Promise<{ socket: Socket; seen: Datagram[] }> {
  const socket = createSocket(type);
  const seen: Datagram[] = [];
  socket.on('message', (data, from) =>
    seen.push({ hex: data.toString('hex'), ip: from.address, port: from.port }),
  );
  await new Promise<void>((resolve) => socket.bind(0, resolve));
  open.sockets.push(socket);
  return { socket, seen };
}

test('[P9] [P51] datagrams pass without a header and are answered from the port they came to', async () => {
  const { endpoint, seen } = await echo();
  const peer = await client('udp4');
  peer.socket.send(Buffer.from('3a021001', 'hex'), endpoint.port, '127.0.0.1');
  await until(() => peer.seen.length === 1, { what: 'the answer' });
  assert.deepEqual(peer.seen, [{ hex: '3a021001', ip: '127.0.0.1', port: endpoint.port }]);
  assert.deepEqual(seen[0], {
    hex: '3a021001',
    ip: '127.0.0.1',
    port: peer.socket.address().port,
  });
});

test('[P121] an IPv4 source is the same on a dual-stack and an IPv4-only socket', async () => {
  const both = await echo();
  const four = await echo('127.0.0.1');
  const peer = await client('udp4');
  peer.socket.send('x', both.endpoint.port, '127.0.0.1');
  peer.socket.send('x', four.endpoint.port, '127.0.0.1');
  await until(() => peer.seen.length === 2, { what: 'both answers' });
  assert.equal(both.seen[0]?.ip, '127.0.0.1');
  assert.deepEqual(both.seen, four.seen);
});

test('an IPv6 source is answered on the dual-stack socket', async () => {
  const { endpoint, seen } = await echo();
  const peer = await client('udp6');
  peer.socket.send('x', endpoint.port, '::1');
  await until(() => peer.seen.length === 1, { what: 'the answer' });
  assert.equal(seen[0]?.ip, '::1');
});

test('an unreachable target and a port in use do no harm beyond an error that names the port', async () => {
  const { endpoint } = await echo();
  endpoint.send(Buffer.of(1), 9, '255.255.255.255');
  await assert.rejects(
    openUdp({ port: endpoint.port, reusePort: false }, () => undefined),
    new RegExp(`\\[::\\]:${endpoint.port}`),
  );
});

test('what cannot be answered, a source on port 0 or one heard while closing, ends nothing', async () => {
  const endpoint = await openUdp({ port: 0, reusePort: false }, () => undefined);
  endpoint.send(Buffer.of(1), 0, '127.0.0.1');
  const closed = endpoint.close();
  endpoint.send(Buffer.of(1), 9, '127.0.0.1');
  await closed;
});
