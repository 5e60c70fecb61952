import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { until } from '@waystation/testkit';
import { runRelay } from './testing/running-relay.js';

/** Milliseconds until the promise settles. */
async function took(promise: Promise<unknown>): Promise<number> {
  const started = performance.now();
  await promise;
  return performance.now() - started;
}

test('a connection that does not join in time is closed without a byte, a dripping one too', async (t) => {
  await using running = await runRelay({ joinMs: 300 });
  const silent = await running.silent();
  const dripping = await running.silent();
  await dripping.sendRaw(Buffer.of(0xfc));
  const drip = setInterval(() => void dripping.sendRaw(Buffer.of(1)), 50);
  t.after(() => clearInterval(drip));
  const waited = await Promise.all([took(silent.receive()), took(dripping.receive())]);
  clearInterval(drip);
  for (const ms of waited) assert.ok(ms > 200, `${ms}`);
  assert.equal(running.relay.reception.unheard, 0);
});

test('a leg without a partner is closed after the waiting time', async () => {
  await using running = await runRelay({ waitMs: 300 });
  const [tcp, ws] = [
    await running.join('tcp', randomUUID()),
    await running.join('ws', randomUUID()),
  ];
  const waited = await Promise.all([took(tcp.receive()), took(ws.receive())]);
  for (const ms of waited) assert.ok(ms > 200, `${ms}`);
  assert.equal(ws.closeCode, 1000);
  assert.equal(running.relay.pairing.waiting, 0);
});

test('the waiting time belongs to the entry: a later leg of the uuid gets all of it', async () => {
  await using running = await runRelay({ waitMs: 600 });
  const uuid = randomUUID();
  const first = await running.join('tcp', uuid);
  await running.waitingLegs(1);
  await new Promise((resolve) => setTimeout(resolve, 400));
  first.abort();
  await running.waitingLegs(0);
  const second = await running.join('tcp', uuid);
  assert.ok((await took(second.receive())) > 500);
});

for (const transport of ['tcp', 'ws'] as const) {
  test(`an idle ${transport} session ends, one with a byte now and then stays`, async (t) => {
    await using running = await runRelay({ idleMs: 400, idleCheckMs: 50 });
    const [busy, partner] = await running.pair('tcp', transport);
    const beat = setInterval(() => void busy.send(Buffer.of(1)), 100);
    t.after(() => clearInterval(beat));
    const [idle, other] = await running.pair('tcp', transport);
    const ms = await took(Promise.all([idle.receive(), other.receive()]));
    assert.ok(ms > 300 && ms < 5_000, `${ms}`);
    for (let i = 0; i < 8; i += 1) assert.deepEqual(await partner.receive(), Buffer.of(1));
    clearInterval(beat);
    await running.noSession();
  });
}

test('texts of a WebSocket are not passed on but keep a session alive', async (t) => {
  await using running = await runRelay({ idleMs: 400, idleCheckMs: 50 });
  const [ws] = await running.pair('ws', 'tcp');
  let texts = 0;
  const beat = setInterval(() => {
    ws.sendText('still here');
    texts += 1;
  }, 100);
  t.after(() => clearInterval(beat));
  await until(() => texts === 10, { what: 'more than the idle time' });
  assert.equal(running.relay.sessions.running.size, 1);
  clearInterval(beat);
  await running.noSession();
});

test('[P103] [P108] [P109] with the protocol limits: 30 s to join, 30 s to wait, up to 34 s idle', async (t) => {
  await using running = await runRelay();
  const [pairA, pairB] = await running.pair('tcp', 'tcp');
  const [busyA, busyB] = await running.pair('tcp', 'ws');
  const silent = await running.silent();
  const lonely = await running.join('tcp', randomUUID());
  const sign = setInterval(() => void busyA.send(Buffer.of(1)), 20_000);
  t.after(() => clearInterval(sign));
  const [joinMs, waitMs, idleMs] = await Promise.all([
    took(silent.receive(40_000)),
    took(lonely.receive(40_000)),
    took(Promise.all([pairA.receive(40_000), pairB.receive(40_000)])),
  ]);
  assert.ok(joinMs > 29_000 && joinMs < 31_500, `join ${joinMs}`);
  assert.ok(waitMs > 29_000 && waitMs < 31_500, `wait ${waitMs}`);
  assert.ok(idleMs > 29_000 && idleMs < 34_000, `idle ${idleMs}`);
  assert.deepEqual(await busyB.receive(), Buffer.of(1));
  assert.equal(busyB.endReason, undefined);
});
