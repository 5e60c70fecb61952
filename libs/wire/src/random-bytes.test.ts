import assert from 'node:assert/strict';
import { randomBytes, randomInt } from 'node:crypto';
import { test } from 'node:test';
import { demangleAddress } from './mangled-address.js';
import { FrameDecoder } from './frame.js';
import { decodeRegisterPeer } from './heartbeat.js';
import { decodeSignal } from './internal.js';
import { decodeMessage } from './rendezvous.js';
import { messageVectors } from './testing/message-vectors.js';
import { decodeIdPk } from './signed-id.js';
import { WireError } from './wire-error.js';

const ROUNDS = 10_000;

/** A vector with some bytes changed, cut off or put in. */
function mutated(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  for (let count = randomInt(1, 4); count > 0; count -= 1) {
    copy[randomInt(copy.length)] = randomInt(256);
  }
  const cut = copy.subarray(0, randomInt(1, copy.length + 1));
  return randomInt(4) === 0 ? Buffer.concat([cut, randomBytes(randomInt(8))]) : cut;
}

function onlyWireErrors(read: () => unknown): void {
  try {
    read();
  } catch (error) {
    assert.ok(error instanceof WireError, `${String(error)} is not a WireError`);
  }
}

function readEverything(bytes: Buffer): void {
  onlyWireErrors(() => decodeMessage(bytes));
  onlyWireErrors(() => decodeSignal(bytes));
  onlyWireErrors(() => decodeIdPk(bytes));
  onlyWireErrors(() => demangleAddress(bytes));
  onlyWireErrors(() => decodeRegisterPeer(bytes));
  onlyWireErrors(() => {
    const decoder = new FrameDecoder(64);
    decoder.push(bytes);
    while (decoder.next() !== undefined);
  });
}

test('random bytes are read or refused with a WireError by every decoder', () => {
  for (let round = 0; round < ROUNDS; round += 1) readEverything(randomBytes(randomInt(80)));
});

test('mutated messages are read or refused with a WireError by every decoder', () => {
  const vectors = messageVectors.map(({ hex }) => Buffer.from(hex, 'hex'));
  for (let round = 0; round < ROUNDS; round += 1) {
    const vector = vectors[round % vectors.length];
    assert.ok(vector);
    readEverything(mutated(vector));
  }
});

test('the quick reading of a heartbeat never disagrees with the full one', () => {
  const heartbeat = Buffer.from('320d0a093132333435363738391003', 'hex');
  for (let round = 0; round < ROUNDS; round += 1) {
    const bytes = mutated(heartbeat);
    const quick = decodeRegisterPeer(bytes);
    if (quick === undefined) continue;
    assert.deepEqual(decodeMessage(bytes), { name: 'registerPeer', value: quick });
  }
});
