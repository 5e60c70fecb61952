import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeSignal, encodeSignal, type Signal } from './internal.js';
import { WireError } from './wire-error.js';

const from = 'rendezvous-3fa91c';
const message = Buffer.from('3a021001', 'hex');
const caller = '[2001:db8::1]:50000';

const signals: readonly Signal[] = [
  {
    from,
    name: 'push',
    value: { id: 'a', transportGeneration: 2 ** 53 - 1, message, caller, attempt: 7 },
  },
  { from, name: 'undelivered', value: { caller, attempt: 7, id: 'a' } },
  {
    from,
    name: 'answer',
    value: {
      caller,
      attempt: 1_795_000_000_000_000,
      kind: 'punchHoleSent',
      observedIp: '198.51.100.23',
      observedPort: 65535,
      message,
      byUdp: true,
    },
  },
  { from, name: 'evict', value: { id: 'a', generation: 0 } },
];

test('every signal survives the round trip', () => {
  for (const signal of signals) assert.deepEqual(decodeSignal(encodeSignal(signal)), signal);
});

test('the field numbers of a signal stay what neighbouring versions expect', () => {
  const evict = encodeSignal({ from: 'r', name: 'evict', value: { id: 'x', generation: 5 } });
  assert.equal(evict.toString('hex'), '0a01722a050a01781005');
});

test('a signal of an unknown kind is "empty", garbage is "undecodable"', () => {
  const code = (hex: string) => {
    try {
      return decodeSignal(Buffer.from(hex, 'hex')).name;
    } catch (error) {
      return error instanceof WireError ? error.code : error;
    }
  };
  assert.equal(code('0a0172fa0600'), 'empty');
  assert.equal(code('0a05'), 'undecodable');
});
