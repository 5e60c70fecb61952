import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until } from '@waystation/testkit';
import { LazyTimer } from './lazy-timer.js';

test('a deadline that moved is kept, and expiry comes once', async (t) => {
  const keepAlive = setInterval(() => undefined, 50);
  t.after(() => clearInterval(keepAlive));
  let deadline = performance.now() + 40;
  let expired = 0;
  const timer = new LazyTimer(
    () => deadline - performance.now(),
    () => (expired += 1),
  );
  timer.rearm();
  const moved = performance.now() + 120;
  deadline = moved;
  await until(() => expired === 1, { what: 'expiry' });
  assert.ok(performance.now() >= moved);
  assert.equal(expired, 1);
});

test('a stopped timer never expires', async () => {
  let expired = false;
  const deadline = performance.now() + 10;
  const timer = new LazyTimer(
    () => deadline - performance.now(),
    () => (expired = true),
  );
  timer.rearm();
  timer.stop();
  await until(() => performance.now() > deadline + 30, { what: 'the deadline to pass' });
  assert.equal(expired, false);
});
