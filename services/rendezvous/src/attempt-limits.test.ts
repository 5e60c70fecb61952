import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RateLimiter, limitsFrom, overLimits } from './attempt-limits.js';

const OFF = { perMinute: 0, burst: 0 };

test('a limit refuses, counts, and refills', () => {
  let nowMs = 0;
  const limiter = new RateLimiter({ perMinute: 60, burst: 2 }, () => nowMs);
  assert.deepEqual(
    [1, 2, 3].map(() => limiter.take('a')),
    [true, true, false],
  );
  assert.equal(limiter.over, 1);
  nowMs = 1000;
  assert.ok(limiter.take('a'));
});

test('a limit that is off lets all pass and counts what the rate to try would refuse', () => {
  const limiter = new RateLimiter(OFF, () => 0, 10, { perMinute: 60, burst: 2 });
  assert.deepEqual(
    [1, 2, 3].map(() => limiter.take('a')),
    [true, true, true],
  );
  assert.equal(limiter.over, 1);
  const neither = new RateLimiter(OFF, () => 0);
  assert.ok(neither.take('a') && neither.size === 0);
});

test('the metric names the settings, and says which limits are off', () => {
  const settings = {
    punchPerSource: 0,
    punchBurstPerSource: 200,
    punchPerTarget: 1,
    onlinePerSource: 1,
    httpProxyPerSource: 1,
    wrongKeyLimit: 1,
  };
  const limits = limitsFrom(settings, () => 0);
  for (let n = 0; n < 201; n++) assert.ok(limits.punchPerSource.take('198.51.100.7'));
  limits.punchPerTarget.take('x');
  limits.punchPerTarget.take('x');
  assert.deepEqual(overLimits(limits).slice(0, 2), [
    { labels: { limit: 'PUNCH_PER_SOURCE', passed: 'yes' }, value: 1 },
    { labels: { limit: 'PUNCH_PER_TARGET', passed: 'no' }, value: 1 },
  ]);
});
