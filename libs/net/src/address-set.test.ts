import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AddressSet } from './address-set.js';

test('an address set holds addresses and networks of both families', () => {
  const set = AddressSet.parse('10.0.0.0/8, 192.0.2.7  2001:db8::/32,::1');
  for (const ip of ['10.255.1.2', '192.0.2.7', '::ffff:10.1.2.3', '2001:db8:1::9', '::1']) {
    assert.equal(set.has(ip), true, ip);
  }
  for (const ip of ['11.0.0.1', '192.0.2.8', '2001:db9::1', '::2', 'nonsense', '']) {
    assert.equal(set.has(ip), false, ip);
  }
});

test('a /0 network holds the whole of its family and nothing of the other', () => {
  const set = AddressSet.parse('0.0.0.0/0');
  assert.equal(set.has('203.0.113.9'), true);
  assert.equal(set.has('2001:db8::1'), false);
});

test('an empty list is empty and holds nothing', () => {
  assert.equal(AddressSet.parse(' , ').empty, true);
  assert.equal(AddressSet.none.has('127.0.0.1'), false);
});

test('an unreadable entry is named', () => {
  for (const bad of [
    '10.0.0.0/33',
    '10.0.0.0/8/8',
    'example.org',
    '10.0.0',
    '::1/129',
    '10.0.0.0/x',
  ]) {
    assert.throws(
      () => AddressSet.parse(`127.0.0.1,${bad}`),
      new RegExp(bad.replaceAll('.', '\\.')),
    );
  }
});
