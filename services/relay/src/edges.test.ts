import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { exchangeBulk, until } from '@waystation/testkit';
import type { Leg, Replica } from '@waystation/testkit';
import { FellowRelays } from './testing/fellow-relays.js';

const PAIRS = 500;
const AT_ONCE = 100;
const BYTES = 64 * 1024;
const ECHOES = 500;
const BULK_BYTES = 32 * 1024 * 1024;

describe('two edges, each with three replicas behind a port of its own', () => {
  let fellows: FellowRelays;
  let here: Replica;
  let there: Replica;

  before(async () => {
    fellows = await FellowRelays.start({ RELAY_WAITING_PER_ADDRESS: '0' });
    // Each edge is told by an address of its own how the other one reaches it.
    const edge = async (address: string): Promise<Replica> => {
      const env = { WAYSTATION_RELAY_LINK_HOST: address };
      const [some] = (await fellows.add(3, { shared: true, env })) as [Replica];
      return some;
    };
    here = await edge('127.0.0.2');
    there = await edge('127.0.0.3');
  });
  after(() => fellows.stop());

  test(`${PAIRS} pairs of one leg here and one there: all meet, each with its own bytes`, async (t) => {
    const took: number[] = [];
    const meet = async (): Promise<void> => {
      const uuid = await fellows.ticket();
      const startMs = performance.now();
      const legs = await Promise.all([
        fellows.join(here, uuid, 'tcp', 'callee'),
        fellows.join(there, uuid, 'tcp'),
      ]);
      for (const { sent, received } of await exchangeBulk(...legs, BYTES)) {
        assert.deepEqual(received, sent);
      }
      took.push(performance.now() - startMs);
    };
    for (let done = 0; done < PAIRS; done += AT_ONCE) {
      await Promise.all(Array.from({ length: AT_ONCE }, meet));
    }
    assert.equal(await fellows.sum('relay_sessions'), PAIRS);
    assert.equal(await fellows.sum('relay_crossings_total', 'outcome="carried"'), PAIRS);
    t.diagnostic(`${AT_ONCE} at once: joined and ${2 * BYTES} bytes moved, ${shown(took)} ms`);
    fellows.closeClients();
    const over = async (): Promise<boolean> => (await fellows.records()).length === PAIRS;
    await until(over, { timeoutMs: 20_000, what: 'a record for each' });
    assert.equal(await fellows.sum('relay_carried'), 0);
  });

  test('what the hop costs is reported', async (t) => {
    const [alone] = (await fellows.add(1)) as [Replica];
    const ways = { 'same replica': [alone, alone], 'one hop': [here, there] } as const;
    for (const [name, [from, to]] of Object.entries(ways)) {
      const legs = await fellows.pair([from, 'tcp'], [to, 'tcp']);
      const echoes = await echoTimes(legs);
      const startMs = performance.now();
      await exchangeBulk(...legs, BULK_BYTES);
      const mibPerSecond = (2 * BULK_BYTES) / 1024 / 1.024 / (performance.now() - startMs);
      t.diagnostic(`${name}: echo ${shown(echoes)} ms, bulk ${mibPerSecond.toFixed(0)} MiB/s`);
    }
  });
});

/** Milliseconds of each way there and back of 1 KiB. */
async function echoTimes([a, b]: readonly [Leg, Leg]): Promise<number[]> {
  const times: number[] = [];
  const payload = Buffer.alloc(1024, 7);
  for (let i = 0; i < ECHOES; i += 1) {
    const startMs = performance.now();
    await a.send(payload);
    await b.send((await b.receive()) ?? Buffer.alloc(0));
    assert.equal((await a.receive())?.length, payload.length);
    times.push(performance.now() - startMs);
  }
  return times;
}

function shown(times: readonly number[]): string {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (share: number): string =>
    (sorted[Math.floor(share * (sorted.length - 1))] ?? NaN).toFixed(2);
  return `median ${at(0.5)}, p99 ${at(0.99)}`;
}
