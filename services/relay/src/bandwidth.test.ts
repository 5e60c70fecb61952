import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Leg, Transport } from '@waystation/testkit';
import { Bandwidth, UNLIMITED } from './bandwidth.js';
import type { BandwidthNumbers, Meter } from './bandwidth.js';
import { PUMPS, runRelay } from './testing/running-relay.js';

const MBIT = 1024 * 1024;
const CHUNK_BYTES = 16 * 1024;

/** One whose clock begins at 0. */
function bandwidth(numbers: Partial<BandwidthNumbers>): Bandwidth {
  return new Bandwidth({ ...UNLIMITED, ...numbers }, 0);
}

/** Mbit/s of meters that are used as fast as they let, from `fromMs` for `forMs`. */
function rateOf(meters: readonly Meter[], fromMs: number, forMs = 10_000): number {
  let bytes = 0;
  for (const meter of meters) {
    for (let now = fromMs; now < fromMs + forMs;) {
      now += Math.max(0.1, meter.take(CHUNK_BYTES, now));
      bytes += CHUNK_BYTES;
    }
  }
  return (bytes * 8) / MBIT / (forMs / 1000);
}

function assertNear(rate: number, limit: number): void {
  assert.ok(rate <= limit * 1.1 && rate > limit * 0.8, `${rate} Mbit/s, the limit is ${limit}`);
}

test('a session keeps to its limit, whatever the size of the limit', () => {
  for (const limit of [2, 16, 128]) {
    const meter = bandwidth({ singleBandwidthMbit: limit }).meter(false, 0);
    assertNear(rateOf([meter], 0), limit);
  }
});

test('on the blacklist it keeps to the low limit, off it to the normal one again', () => {
  const meter = bandwidth({ singleBandwidthMbit: 64, limitSpeedMbit: 4 }).meter(true, 0);
  assertNear(rateOf([meter], 0), 4);
  meter.setListed(false);
  assertNear(rateOf([meter], 20_000), 64);
  assert.equal(meter.isSlow, false);
});

test('a session that uses much on average for long is slowed down for good', () => {
  const numbers = { singleBandwidthMbit: 16, limitSpeedMbit: 2, downgradeThreshold: 0.66 };
  const own = bandwidth({ ...numbers, downgradeStartCheckMs: 5_000 });
  const [busy, calm] = [own.meter(false, 0), own.meter(false, 0)];
  rateOf([busy], 0, 4_900);
  assert.equal(busy.isSlow, false);
  rateOf([busy], 4_900, 2_000);
  assert.ok(busy.isSlow);
  for (let now = 0; now < 60_000; now += 1_000) calm.take(MBIT, now);
  assert.equal(calm.isSlow, false, '8 of 16 Mbit/s are below the threshold');
  assertNear(rateOf([busy], 100_000), 2);
});

test('what operators set: the total and the age hold at once, the rest for new sessions', () => {
  const own = bandwidth({ singleBandwidthMbit: 16, limitSpeedMbit: 2, downgradeThreshold: 0.5 });
  const running = own.meter(false, 0);
  own.change({ singleBandwidthMbit: 4 });
  assertNear(rateOf([running], 0), 16);
  assert.equal(running.isSlow, false);
  own.change({ downgradeStartCheckMs: 1_000 });
  assert.equal(own.numbers.singleBandwidthMbit, 16, 'what is not set is the own setting again');
  rateOf([running], 10_000, 2_000);
  assert.ok(running.isSlow);
  own.change({ singleBandwidthMbit: 4, totalBandwidthMbit: 1 });
  const later = performance.now() + 20_000;
  assertNear(rateOf([own.meter(false, later)], later), 1);
  own.change({ singleBandwidthMbit: 4 });
  assertNear(rateOf([own.meter(false, 2 * later)], 2 * later), 4);
});

/**
 * Above a limit by the clock of a busy machine: what came while it stood still is read in a burst. The
 * limit itself is proved above, without a clock.
 */
const BURST = 1.5;

/** Mbit/s that come out of a leg, over at least `forMs`. */
async function measured(from: Leg, to: Leg, forMs: number): Promise<number> {
  let isOver = false;
  const over = Promise.withResolvers<undefined>();
  const sending = (async () => {
    const chunk = Buffer.alloc(CHUNK_BYTES);
    while (!isOver) await Promise.race([from.send(chunk), over.promise]);
  })();
  const startMs = performance.now();
  let bytes = 0;
  while (performance.now() - startMs < forMs) bytes += (await to.receive())?.length ?? 0;
  const passedMs = performance.now() - startMs;
  isOver = true;
  over.resolve(undefined);
  await sending;
  return (bytes * 8) / MBIT / (passedMs / 1000);
}

for (const pump of PUMPS) {
  test(`[P111] a pair keeps to SINGLE_BANDWIDTH, both ways together, raw or framed, pump ${pump}`, async () => {
    const limit = 8;
    await using running = await runRelay({}, { singleBandwidthMbit: limit }, pump);
    const kinds: [Transport, Transport][] = [
      ['tcp', 'tcp'],
      ['tcp', 'ws'],
      ['ws', 'ws'],
    ];
    const legs: [Leg, Leg][] = [];
    for (const [a, b] of kinds) legs.push(await running.pair(a, b));
    const rates = await Promise.all(
      legs.map(async ([a, b]) => {
        const [there, back] = await Promise.all([measured(a, b, 10_000), measured(b, a, 10_000)]);
        return there + back;
      }),
    );
    for (const rate of rates) {
      assert.ok(rate <= limit * BURST && rate > limit * 0.2, `${rate} Mbit/s of ${limit}`);
    }
  });

  test(`[P111] all pairs together keep to TOTAL_BANDWIDTH, also when it is changed, pump ${pump}`, async () => {
    await using running = await runRelay({}, { totalBandwidthMbit: 1000 }, pump);
    const legs: [Leg, Leg][] = [];
    for (let i = 0; i < 5; i += 1) legs.push(await running.pair('tcp', i % 2 === 0 ? 'tcp' : 'ws'));
    running.relay.bandwidth.change({ totalBandwidthMbit: 16 });
    const rates = await Promise.all(legs.map(([a, b]) => measured(a, b, 10_000)));
    const sum = rates.reduce((total, rate) => total + rate, 0);
    assert.ok(sum <= 16 * BURST && sum > 16 * 0.2, `${sum} Mbit/s of 16`);
  });

  test(`[P112] a busy pair falls to LIMIT_SPEED at DOWNGRADE_START_CHECK = 5 s and stays there, pump ${pump}`, async () => {
    const numbers = { singleBandwidthMbit: 16, limitSpeedMbit: 2, downgradeThreshold: 0.5 };
    await using running = await runRelay({}, { ...numbers, downgradeStartCheckMs: 5_000 }, pump);
    const [a, b] = await running.pair('tcp', 'tcp');
    const [session] = running.relay.sessions.running;
    assert.ok((await measured(a, b, 4_000)) > 2 * BURST);
    while (session?.meter.isSlow !== true) await measured(a, b, 500);
    // What the kernels hold by now is from before.
    await measured(a, b, 3_000);
    for (let i = 0; i < 2; i += 1) {
      const rate = await measured(a, b, 4_000);
      assert.ok(rate <= 2 * BURST, `${rate} Mbit/s`);
    }
  });
}

test('a session that has to wait longer than the idle time is not idle', async () => {
  await using running = await runRelay(
    { idleMs: 500, idleCheckMs: 100 },
    { singleBandwidthMbit: 1 },
  );
  const [a, b] = await running.pair('ws', 'tcp');
  await a.send(Buffer.alloc(MBIT / 4));
  assert.equal((await b.receive())?.length, MBIT / 4);
  void a.send(Buffer.from('after two seconds'));
  assert.equal((await b.receive())?.toString(), 'after two seconds');
});
