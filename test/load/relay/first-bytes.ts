import { once } from 'node:events';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { dial } from './churn.js';
import { joinFrame, nowUs } from './legs.js';
import type { Answers, Orders } from './orders.js';
import { Histogram } from './statistics.js';

/** For the first leg to be waiting when the second one joins. */
const HEAD_START_MS = 3;
/** A pair that takes longer was missed: the relay would let it wait for half a minute. */
const MISSED_MS = 2_000;

/**
 * Joins pairs one after the other and times each from the moment when the second leg joins until it has
 * the byte that the first one sent behind its join.
 */
export async function firstBytes(order: Orders['firstBytes']): Promise<Answers['firstBytes']> {
  const latency = new Histogram();
  let missed = 0;
  for (let n = 0; n < order.legs; n += 1) {
    const us = await timeFirstByte(order, n);
    if (us === undefined) missed += 1;
    else latency.add(us);
  }
  return { latency: latency.counts, missed };
}

async function timeFirstByte(order: Orders['firstBytes'], n: number): Promise<number | undefined> {
  const join = joinFrame(`${order.run}-${String(n)}`);
  const [first, second] = [dial(order, n), dial(order, n)];
  try {
    await Promise.all([once(first, 'connect'), once(second, 'connect')]);
    first.write(Buffer.concat([join, Buffer.of(1)]));
    await sleep(HEAD_START_MS);
    const startUs = nowUs();
    second.write(join);
    return (await hears(second)) ? nowUs() - startUs : undefined;
  } finally {
    first.destroy();
    second.destroy();
  }
}

async function hears(socket: Socket): Promise<boolean> {
  try {
    await once(socket, 'data', { signal: AbortSignal.timeout(MISSED_MS) });
    return true;
  } catch {
    return false;
  }
}
