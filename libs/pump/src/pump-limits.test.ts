import assert from 'node:assert/strict';
import { closeSync, openSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { until } from '@waystation/testkit';
import { TokenBucket } from './token-bucket.js';
import { Junction, collect, openDescriptors } from './testing/junction.js';

const MIB = 1024 * 1024;
let junction: Junction;
before(async () => {
  junction = await Junction.open();
});
after(async () => {
  await junction.close();
});

/** Takes every descriptor that the process may still open. */
function exhaustDescriptors(): number[] {
  const taken: number[] = [];
  for (;;) {
    try {
      taken.push(openSync('/dev/null', 'r'));
    } catch {
      return taken;
    }
  }
}

test('the bucket charges first and makes the debtor wait', () => {
  const bucket = new TokenBucket(1_000_000, 0);
  assert.equal(bucket.charge(12_499, 0), 0, 'a tenth of a second of bits is free');
  assert.equal(bucket.charge(1, 0), 100, 'an empty bucket costs a tenth of a second');
  assert.equal(bucket.charge(125_000, 0), 1100, 'a debt costs the time to pay it on top');
  assert.equal(bucket.charge(12_499, 60_000), 0, 'after a long rest it is full, not fuller');
});

test('a limited pair never gets more than its rate, both directions together', async () => {
  const rate = 16 * MIB;
  const startedAt = performance.now();
  const { a, b, pair } = await junction.join({ bitsPerSecond: rate });
  const [atA, atB] = [collect(a), collect(b)];
  a.write(Buffer.alloc(MIB / 2));
  b.write(Buffer.alloc(MIB / 2));
  await until(
    () => {
      const bits = (pair.bytesAtoB + pair.bytesBtoA) * 8;
      const elapsedS = (performance.now() - startedAt) / 1000;
      // One chunk may be charged on credit: what the bucket holds.
      assert.ok(bits <= rate * (elapsedS + 0.2), `${String(bits)} bits in ${String(elapsedS)} s`);
      return atA.bytes + atB.bytes === MIB;
    },
    { what: 'a mebibyte to pass' },
  );
  a.destroy();
});

test('a limit can be changed while the pair runs', async () => {
  const { a, b, pair } = await junction.join({ bitsPerSecond: 8 * 1024 });
  const atB = collect(b);
  a.write(Buffer.alloc(8 * MIB));
  await until(() => pair.bytesAtoB > 0);
  pair.setRate(0);
  await until(() => atB.bytes === 8 * MIB, { timeoutMs: 30_000, what: 'the rest at full speed' });
  a.destroy();
});

test('the total limit acts at once and counts what others moved', async () => {
  const { a, b, pair } = await junction.join();
  const atB = collect(b);
  junction.pump.setTotalRate(8 * MIB);
  junction.pump.charge(MIB);
  const startedAt = performance.now();
  a.write(Buffer.alloc(MIB));
  await until(
    () => {
      const elapsedS = (performance.now() - startedAt) / 1000;
      assert.ok(pair.bytesAtoB * 8 <= 8 * MIB * (elapsedS + 0.2) + 8 * 256 * 1024);
      return pair.bytesAtoB > 0;
    },
    { what: 'the first chunk' },
  );
  junction.pump.setTotalRate(0);
  await until(() => atB.bytes === MIB, { what: 'the rest without a limit' });
  assert.ok(junction.pump.relayedBytes >= MIB);
  a.destroy();
});

test('without a free descriptor the pair stays with Node, and running pairs recover', async (t) => {
  const running = await junction.join();
  const a = await junction.leg();
  const b = await junction.leg();
  const atB = collect(running.b);
  const taken = exhaustDescriptors();
  const release = (): void => {
    for (const fd of taken.splice(0)) closeSync(fd);
  };
  t.after(release);
  const refused = junction.pump.adopt(a.accepted, b.accepted, () => undefined);
  running.a.write('needs a pipe');
  await until(() => running.pair.bytesAtoB > 0 || running.a.writableLength === 0);
  release();
  assert.equal(refused, undefined);
  await until(() => atB.text() === 'needs a pipe', { what: 'the running pair to recover' });
  assert.ok(!a.accepted.destroyed && !b.accepted.destroyed, 'the sockets are untouched');
  const pair = junction.pump.adopt(a.accepted, b.accepted, () => undefined);
  assert.notEqual(pair, undefined);
  running.a.destroy();
  a.client.destroy();
});

test('2,000 pairs come and go without leaving a descriptor', async (t) => {
  const before = openDescriptors();
  const own = await Junction.open({ maxPairs: 512 });
  t.after(() => own.close());
  for (let round = 0; round < 4; round += 1) {
    const pairs = [];
    for (let n = 0; n < 500; n += 1) pairs.push(await own.join());
    assert.equal(own.pump.pairs, 500);
    for (const [n, { a, b, pair }] of pairs.entries()) {
      const bytes = `pair ${String(n)}`;
      const atB = collect(b);
      a.resume();
      a.write(bytes);
      if (n % 3 === 0) await until(() => atB.text() === bytes);
      if (n % 3 === 1) b.resetAndDestroy();
      else if (n % 3 === 2) pair.close('enough');
      else a.end();
    }
    await until(() => own.pump.pairs === 0, { timeoutMs: 20_000, what: 'all pairs to end' });
    for (const { a, b } of pairs) {
      a.destroy();
      b.destroy();
    }
  }
  await own.close();
  await until(() => openDescriptors() <= before, { what: 'all descriptors to be closed' });
});

test('stop() ends running pairs as killed and leaves no descriptor', async (t) => {
  const before = openDescriptors();
  const own = await Junction.open();
  t.after(() => own.close());
  const { a, b, end } = await own.join();
  a.resume();
  b.resume();
  await own.pump.stop();
  assert.equal((await end).reason, 'killed');
  assert.ok(!own.pump.running);
  await own.close();
  await until(() => openDescriptors() <= before, { what: 'all descriptors to be closed' });
});
