import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeFrame } from '@waystation/wire';
import { until } from '@waystation/testkit';
import { client, ended, listening } from './testing/tcp-server.js';

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
