import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { until } from '@waystation/testkit';
import { Junction, collect } from './testing/junction.js';

const MIB = 1024 * 1024;
let junction: Junction;
before(async () => {
  junction = await Junction.open({ sweepMs: 20 });
});
after(async () => {
  await junction.close();
});

test('the end of one side closes both', async () => {
  const { a, b, end } = await junction.join();
  b.resume();
  a.resume();
  const closed = Promise.all([once(a, 'close'), once(b, 'close')]);
  a.end('bye');
  const { reason, by, bytesAtoB } = await end;
  assert.deepEqual({ reason, by, bytesAtoB }, { reason: 'closed', by: 'a', bytesAtoB: 3 });
  await closed;
  assert.equal(junction.pump.pairs, 0);
});

test('[P110] what was in flight when a side ended still arrives', async () => {
  const { a, b, pair, end } = await junction.join();
  b.pause();
  a.end(Buffer.alloc(12 * MIB));
  await until(() => pair.bytesAtoB > 0, { what: 'the first bytes to be taken' });
  const atB = collect(b);
  const ended = once(b, 'end');
  b.resume();
  await ended;
  assert.equal(atB.bytes, 12 * MIB);
  assert.equal((await end).bytesAtoB, 12 * MIB);
});

test('flushed bytes survive although the other side keeps sending', async (t) => {
  const { a, b } = await junction.join();
  const flood = setInterval(() => {
    if (b.writable && b.writableLength < MIB) b.write(Buffer.alloc(MIB));
  }, 1);
  t.after(() => clearInterval(flood));
  b.pause();
  a.pause();
  await until(() => b.writableLength > 0, { what: 'the flood to be held up' });
  a.end(Buffer.alloc(MIB));
  const atB = collect(b);
  const ended = once(b, 'end');
  b.resume();
  await ended;
  assert.equal(atB.bytes, MIB);
});

test('a reset on one side is an error and closes the other', async () => {
  const { a, b, end } = await junction.join();
  b.resume();
  const closed = once(b, 'close');
  a.resetAndDestroy();
  const { reason, by } = await end;
  assert.deepEqual({ reason, by }, { reason: 'error', by: 'a' });
  await closed;
});

test('close() ends both legs and says why', async () => {
  const { a, b, pair, end } = await junction.join();
  a.resume();
  b.resume();
  const closed = Promise.all([once(a, 'close'), once(b, 'close')]);
  pair.close('disabled by the administrator');
  const { reason, detail } = await end;
  assert.equal(reason, 'killed');
  assert.equal(detail, 'disabled by the administrator');
  await closed;
  assert.ok(pair.ended);
  pair.close('again');
});

test('a pair without a byte for the idle limit is closed', async () => {
  const { a, b, pair, end } = await junction.join({ idleMs: 100 });
  const others = await junction.join({ idleMs: 0 });
  a.resume();
  b.resume();
  const closed = Promise.all([once(a, 'close'), once(b, 'close')]);
  assert.equal((await end).reason, 'idle');
  await closed;
  assert.ok(pair.idleMs >= 100);
  assert.ok(!others.pair.ended, 'a pair without an idle limit stays');
  others.a.destroy();
});

test('a receiver that vanishes in mid-transfer ends the pair and nothing else', async (t) => {
  const bystander = await junction.join();
  const atBystander = collect(bystander.b);
  const { a, b, end } = await junction.join();
  const feed = setInterval(() => {
    if (a.writable && a.writableLength < MIB) a.write(Buffer.alloc(MIB));
  }, 1);
  t.after(() => clearInterval(feed));
  b.once('data', () => b.resetAndDestroy());
  assert.equal((await end).reason, 'error');
  bystander.a.write('still here');
  await until(() => atBystander.text() === 'still here');
  bystander.a.destroy();
});

test('finish() hands out what was taken, takes nothing more, and ends both legs', async () => {
  const { a, b, pair, end } = await junction.join();
  b.pause();
  a.write(Buffer.alloc(12 * MIB));
  await until(() => pair.bytesAtoB > MIB, { what: 'the first bytes to be taken' });
  pair.finish('shutdown');
  const atB = collect(b);
  const ended = Promise.all([once(a, 'close'), once(b, 'end')]);
  a.resume();
  b.resume();
  await ended;
  const { reason, detail, bytesAtoB } = await end;
  assert.deepEqual({ reason, detail }, { reason: 'killed', detail: 'shutdown' });
  assert.equal(atB.bytes, bytesAtoB);
  assert.equal(junction.pump.pairs, 0);
});

test('finish() does not wait for ever for a receiver that takes nothing', async () => {
  const { a, b, pair, end } = await junction.join();
  b.pause();
  a.write(Buffer.alloc(12 * MIB));
  await until(() => pair.bytesAtoB > MIB, { what: 'the first bytes to be taken' });
  pair.finish('shutdown');
  assert.equal((await end).reason, 'killed');
  a.destroy();
  b.destroy();
});

test('what a client sent before it was lost arrives, although the other one was sending too', async (t) => {
  const { a, b, pair, end } = await junction.join();
  b.pause();
  a.pause();
  const feed = setInterval(() => {
    if (b.writable && b.writableLength < MIB) b.write(Buffer.alloc(MIB));
  }, 1);
  t.after(() => clearInterval(feed));
  a.write(Buffer.alloc(2 * MIB));
  await until(() => a.writableLength === 0 && b.writableLength > 0, { what: 'full buffers' });
  const atB = collect(b);
  // With unread input the kernel answers the close with a reset.
  a.destroy();
  b.resume();
  const { reason, by } = await end;
  assert.deepEqual({ reason, by }, { reason: 'error', by: 'a' });
  await until(() => atB.bytes >= pair.bytesAtoB, { what: 'the bytes that were taken' });
  b.destroy();
});
