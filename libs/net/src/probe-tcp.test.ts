import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { probeTcp } from './probe-tcp.js';

test('a port that accepts is found, and hears no byte; a closed one and an unknown name are not', async (t) => {
  let heardBytes = 0;
  const server = createServer((socket) => {
    socket.on('data', (data) => (heardBytes += data.length));
    socket.on('error', () => socket.destroy());
  }).listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  assert.equal(await probeTcp('127.0.0.1', address.port, 3000), true);
  assert.equal(await probeTcp('no-such-host.invalid', address.port, 3000), false);
  server.close();
  await once(server, 'close');
  assert.equal(heardBytes, 0);
  assert.equal(await probeTcp('127.0.0.1', address.port, 3000), false);
});

test('an address that does not answer is given up after the time', async () => {
  // TEST-NET-1: routed nowhere, so nobody accepts, whether the network answers or not.
  assert.equal(await probeTcp('192.0.2.1', 9, 50), false);
});
