import assert from 'node:assert/strict';
import { createHash, randomUUID } from 'node:crypto';
import { connect } from 'node:net';
import { test } from 'node:test';
import { until } from '@waystation/testkit';
import { joinFrame, runRelay } from './testing/running-relay.js';

const INPUTS = 10_000;
const AT_ONCE = 50;

/** Bytes that are the same in every run, so that a failure can be repeated. */
function bytesOf(seed: number, length: number): Buffer {
  const blocks = Array.from({ length: Math.ceil(length / 32) }, (_, i) =>
    createHash('sha256').update(`${seed}/${i}`).digest(),
  );
  return Buffer.concat(blocks).subarray(0, length);
}

/** Every second input is noise, the others are joins with a few bytes changed, cut off or doubled. */
function strangeInput(seed: number): Buffer {
  const noise = bytesOf(seed, 64);
  if (seed % 2 === 0) return bytesOf(seed, 1 + (noise[0] ?? 0));
  const join = Buffer.from(joinFrame(`uuid-${seed}`));
  for (let i = 0; i < 1 + (seed % 4); i += 1) {
    join[(noise[i] ?? 0) % join.length] = noise[i + 8] ?? 0;
  }
  return seed % 5 === 0 ? join.subarray(0, join.length / 2) : Buffer.concat([join, noise]);
}

function throwIn(port: number, input: Buffer): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.on('close', () => resolve());
    socket.resume();
    socket.on('connect', () => socket.end(input));
  });
}

test('10,000 random and mutated first frames leave the relay serving and leave nothing behind', async () => {
  await using running = await runRelay({ waitMs: 2_000, joinMs: 2_000, waitingPerAddress: 0 });
  for (let seed = 0; seed < INPUTS; seed += AT_ONCE) {
    const inputs = Array.from({ length: AT_ONCE }, (_, i) => strangeInput(seed + i));
    await Promise.all(inputs.map((input) => throwIn(running.tcpPort, input)));
  }
  const { relay } = running;
  await until(() => relay.reception.unheard + relay.pairing.waiting === 0, {
    what: 'nothing left',
  });
  await running.noSession();
  assert.equal(relay.pairing.addresses, 0);
  const uuid = randomUUID();
  const [a, b] = [await running.join('tcp', uuid), await running.join('ws', uuid)];
  await a.send(Buffer.from('alive'));
  assert.equal((await b.receive())?.toString(), 'alive');
});
