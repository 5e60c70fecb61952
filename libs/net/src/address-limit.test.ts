import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AddressLimit } from './address-limit.js';

test('an address holds no more than its limit and gets places back', () => {
  const limit = new AddressLimit(2);
  assert.deepEqual(
    [limit.take('192.0.2.1'), limit.take('192.0.2.1'), limit.take('192.0.2.1')],
    [true, true, false],
  );
  assert.equal(limit.take('192.0.2.2'), true);
  limit.release('192.0.2.1');
  assert.equal(limit.take('192.0.2.1'), true);
});

test('IPv6 addresses of one /64 share a limit, and nothing is kept for those that left', () => {
  const limit = new AddressLimit(1);
  assert.equal(limit.take('2001:db8::1'), true);
  assert.equal(limit.take('2001:db8::ffff:2'), false);
  assert.equal(limit.take('2001:db8:0:1::1'), true);
  limit.release('2001:db8::1');
  limit.release('2001:db8:0:1::1');
  assert.equal(limit.addresses, 0);
});

test('limit 0 is no limit', () => {
  const limit = new AddressLimit(0);
  for (let i = 0; i < 1000; i += 1) assert.equal(limit.take('192.0.2.1'), true);
});
