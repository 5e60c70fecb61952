import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatNetwork, parseNetwork } from './network.js';

const SPELLINGS = {
  '10.1.2.3/8': '10.0.0.0/8',
  '10.1.2.3/32': '10.1.2.3',
  '::ffff:10.1.2.3': '10.1.2.3',
  '10.1.2.255/25': '10.1.2.128/25',
  '0.0.0.0/0': '0.0.0.0/0',
  '2001:DB8:1:2::3/33': '2001:db8::/33',
  '2001:db8::1': '2001:db8::1',
  '1:2::/8': '::/8',
  '::/0': '::/0',
} as const;

test('every spelling of a network becomes one', () => {
  for (const [text, expected] of Object.entries(SPELLINGS)) {
    const network = parseNetwork(text);
    assert.ok(network, text);
    assert.equal(formatNetwork(network), expected);
    assert.deepEqual(parseNetwork(expected), network);
  }
});

test('what is no network is none', () => {
  for (const text of [
    '',
    '/8',
    '10.0.0.0/',
    '10.0.0.0/33',
    '10.0.0.0/8/8',
    '::/129',
    'a',
    '10.0.0/8',
    '1.2.3.4/-1',
  ])
    assert.equal(parseNetwork(text), undefined, text);
});
