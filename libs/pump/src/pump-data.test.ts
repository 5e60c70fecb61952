import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { after, before, test } from 'node:test';
import { until } from '@waystation/testkit';
import { openLibc } from './libc.js';
import { Junction, collect } from './testing/junction.js';

const MIB = 1024 * 1024;
let junction: Junction;
before(async () => {
  junction = await Junction.open();
});
after(async () => {
  await junction.close();
});

/** Sends `mebibytes` of random bytes and returns their hash. */
async function sendRandom(socket: Socket, mebibytes: number): Promise<string> {
  const hash = createHash('sha256');
  const block = randomBytes(MIB);
  const blocks = function* (): Generator<Buffer> {
    for (let n = 0; n < mebibytes; n += 1) {
      block.writeUInt32LE(n, 0);
      const chunk = Buffer.from(block);
      hash.update(chunk);
      yield chunk;
    }
  };
  await pipeline(Readable.from(blocks()), socket, { end: false });
  return hash.digest('hex');
}

/** The hash of the next `bytes` bytes that a socket receives. */
async function receiveHash(socket: Socket, bytes: number): Promise<string> {
  const hash = createHash('sha256');
  let received = 0;
  await new Promise<void>((resolve, reject) => {
    socket.on('data', (chunk: Buffer) => {
      hash.update(chunk);
      received += chunk.length;
      if (received >= bytes) resolve();
    });
    socket.once('close', () => {
      reject(new Error(`closed after ${String(received)} bytes`));
    });
  });
  return hash.digest('hex');
}

test('64 MiB each way at once arrive unchanged and are counted', async () => {
  const { a, b, pair } = await junction.join();
  const [sentA, sentB, gotB, gotA] = await Promise.all([
    sendRandom(a, 64),
    sendRandom(b, 64),
    receiveHash(b, 64 * MIB),
    receiveHash(a, 64 * MIB),
  ]);
  assert.equal(gotB, sentA);
  assert.equal(gotA, sentB);
  assert.equal(pair.bytesAtoB, 64 * MIB);
  assert.equal(pair.bytesBtoA, 64 * MIB);
  a.destroy();
});

test('a socket of which Node has read bytes already is not taken, and keeps them', async () => {
  const a = await junction.leg();
  const b = await junction.leg();
  a.client.write('read');
  a.accepted.resume().pause();
  await until(() => a.accepted.readableLength > 0, { what: 'Node to have buffered the bytes' });
  const pair = junction.pump.adopt(a.accepted, b.accepted, () => undefined);
  assert.equal(pair, undefined);
  assert.equal(String(a.accepted.read()), 'read');
  a.client.destroy();
  b.client.destroy();
});

test('a stalled receiver stops only its own direction, and what it holds is bounded', async () => {
  const { a, b, pair } = await junction.join();
  b.pause();
  const block = Buffer.alloc(MIB);
  for (let n = 0; n < 64; n += 1) a.write(block);
  let last = -1;
  await until(
    () => {
      const still = pair.bytesAtoB === last && last > 0;
      last = pair.bytesAtoB;
      return still;
    },
    { everyMs: 200, what: 'the stalled direction to stand still' },
  );
  assert.ok(last < 32 * MIB, `${String(last)} bytes taken for a stalled receiver`);
  const atA = collect(a);
  b.write(Buffer.alloc(MIB));
  await until(() => atA.bytes === MIB, { what: 'the other direction to go on' });
  const atB = collect(b);
  b.resume();
  await until(() => atB.bytes === 64 * MIB, { what: 'the stalled bytes to arrive' });
  a.destroy();
});

test('an urgent byte does not stall the stream behind it', async () => {
  const { a, b } = await junction.join();
  const atB = collect(b);
  const libc = openLibc();
  const { fd } = (a as unknown as { _handle: { fd: number } })._handle;
  const urgent = Buffer.from('!');
  const MSG_OOB = 1;
  a.write('before ');
  await until(() => atB.text() === 'before ');
  assert.equal(libc.send(fd, libc.addressOf(urgent), 1n, MSG_OOB), 1);
  a.write('behind');
  await until(() => atB.text() === 'before behind', { what: 'the bytes behind the urgent one' });
  a.destroy();
});
