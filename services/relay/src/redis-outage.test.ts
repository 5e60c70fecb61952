import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, afterEach, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { keys, redisReady } from '@waystation/state';
import { until } from '@waystation/testkit';
import type { Leg, Replica } from '@waystation/testkit';
import { FellowRelays } from './testing/fellow-relays.js';

/** The promise is 60 s (D8): WAYSTATION_TEST_FULL_OUTAGE=1 takes the whole time. */
const FULL = process.env['WAYSTATION_TEST_FULL_OUTAGE'] === '1';
/** Longer than a command's patience (5 s), so that calls begin to fail. */
const AWAY_MS = FULL ? 60_000 : 6_000;
const BEAT_MS = 2_000;

describe(`with Redis away for ${AWAY_MS / 1000} s`, () => {
  let fellows: FellowRelays;
  let first: Replica;
  let second: Replica;
  before(async () => {
    fellows = await FellowRelays.start();
    [first, second] = (await fellows.add(2)) as [Replica, Replica];
  });
  afterEach(() => fellows.closeClients());
  after(() => fellows.stop());

  async function assertTalk(a: Leg, b: Leg): Promise<void> {
    const words = randomUUID();
    await a.send(Buffer.from(words));
    assert.equal((await b.receive())?.toString(), words);
  }

  /** What has to work while nothing answers, and what has to come back. */
  async function survive(outage: () => Promise<unknown>, end: () => Promise<unknown>) {
    const here = await fellows.pair([first, 'tcp'], [first, 'ws']);
    const across = await fellows.pair([first, 'tcp'], [second, 'tcp']);
    const known = await fellows.sum('relay_known_tickets');
    const announced = await Promise.all(Array.from({ length: 4 }, () => fellows.ticket()));
    const [meets = '', ends = '', crosses = '', late = ''] = announced;
    const told = async (): Promise<boolean> =>
      (await fellows.sum('relay_known_tickets')) >= known + 8;
    await until(told, { what: 'both relays to know the tickets' });
    await outage();
    const overMs = performance.now() + AWAY_MS;
    await assertTalk(...here);
    await assertTalk(...across);
    const met = await fellows.pair([first, 'tcp'], [first, 'tcp'], meets);
    const ended = await fellows.pair([second, 'ws'], [second, 'tcp'], ends);
    ended[0].close();
    assert.equal(await ended[1].receive(), undefined);
    const stranger = await fellows.join(first, randomUUID(), 'tcp');
    assert.equal(await stranger.receive(), undefined);
    while (performance.now() < overMs) {
      // A session without a byte for 30 s would end by the relay's own rule.
      for (const [a, b] of [here, across, met]) await assertTalk(a, b);
      await sleep(Math.min(BEAT_MS, Math.max(0, overMs - performance.now())));
    }
    const lateMet = await fellows.pair([second, 'tcp'], [second, 'ws'], late);
    const waiting = await fellows.join(first, crosses, 'tcp');
    const partner = await fellows.join(second, crosses, 'tcp');
    await until(async () => (await fellows.sum('relay_waiting_legs')) === 2, { what: 'both' });
    await end();
    await assertTalk(waiting, partner);
    await assertTalk(...here);
    for (const [a, b] of [across, met, lateMet]) await assertTalk(a, b);
    await fellows.recordOf(ends);
    assert.equal(await fellows.sum('relay_session_records_dropped_total'), 0);
    const used = async () => (await fellows.connection.exists(keys.usedTicket(meets))) === 1;
    await until(used, { what: 'the used ticket to be told' });
    await until(async () => (await fellows.connection.exists(keys.replica(first.id))) === 1);
    await fellows.pair([second, 'tcp'], [first, 'tcp']);
  }

  test('frozen: sessions run, announced legs meet on one replica, and all comes back', async () => {
    await survive(
      async () => fellows.redis.pause(),
      async () => fellows.redis.resume(),
    );
  });

  test('stopped and started empty: the same, and the relays agree on their key again', async () => {
    await survive(
      () => fellows.redis.kill(),
      async () => {
        await fellows.redis.restart();
        await redisReady(fellows.connection);
      },
    );
  });
});
