import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, before, test } from 'node:test';
import { until } from '@waystation/testkit';
import type { TcpLeg } from '@waystation/testkit';
import { receiveRaw, runRelay } from './testing/running-relay.js';
import type { RunningRelay } from './testing/running-relay.js';

const MIB = 1024 * 1024;
let running: RunningRelay;
before(async () => (running = await runRelay()));
after(() => running.stop());

function pumped(count: number): Promise<unknown> {
  return until(() => running.pumps.pairs === count, { what: `${count} pumped pairs` });
}

/** A pair whose bytes the pump moves by now; both clients read raw bytes. */
async function grownPair(): Promise<[TcpLeg, TcpLeg]> {
  const [a, b] = await running.pair('tcp', 'tcp');
  for (const leg of [a, b]) leg.readRaw();
  const content = randomBytes(MIB);
  await a.sendRaw(content);
  assert.ok((await receiveRaw(b, MIB)).equals(content));
  await pumped(1);
  return [a, b];
}

test('a short pair stays in Node, one that moves much goes to the pump and counts every byte', async () => {
  const [a, b] = await running.pair('tcp', 'tcp');
  await a.send(Buffer.alloc(10_000));
  assert.equal((await b.receive())?.length, 10_000);
  assert.equal(running.pumps.pairs, 0);
  a.abort();
  await running.noSession();
  const [c, d] = await grownPair();
  await d.sendRaw(Buffer.alloc(MIB));
  await receiveRaw(c, MIB);
  const [session] = running.relay.sessions.running;
  await until(() => session?.bytes === 2 * MIB, { what: 'all bytes to be counted' });
  c.close();
  assert.equal(await d.receive(), undefined);
  d.close();
  await running.noSession();
  await pumped(0);
});

test('a pair that lives on goes to the pump with its next byte', async () => {
  const [a, b] = await running.pair('tcp', 'tcp');
  const talk = async (): Promise<boolean> => {
    await a.send(Buffer.of(1));
    await b.receive();
    await sleep(100);
    return running.pumps.pairs === 1;
  };
  await until(talk, { timeoutMs: 30_000, what: 'the pump to have the pair' });
  a.abort();
  await running.noSession();
  await pumped(0);
});

test('a reset after the hand-over ends the other side and the session', async () => {
  const [a, b] = await grownPair();
  a.abort();
  assert.equal(await b.receive(), undefined);
  await running.noSession();
  await pumped(0);
});

test('an operator ends a pair that was handed over', async () => {
  const [a, b] = await grownPair();
  assert.equal(
    running.relay.closeSessions(() => true),
    1,
  );
  for (const leg of [a, b]) assert.equal(await leg.receive(), undefined);
  await running.noSession();
  await pumped(0);
});
