import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AddressSet } from './address-set.js';
import { effectiveIp, forwardedEntry } from './remote-address.js';

const proxies = AddressSet.parse('127.0.0.0/8,10.0.0.0/8');

test('headers of a peer that is no trusted proxy are ignored', () => {
  const headers = { 'x-real-ip': '1.2.3.4', 'x-forwarded-for': '1.2.3.4' };
  assert.equal(effectiveIp('192.0.2.9', headers, proxies), '192.0.2.9');
  assert.equal(effectiveIp('127.0.0.1', headers, AddressSet.none), '127.0.0.1');
});

test('X-Real-IP of a trusted proxy wins over X-Forwarded-For', () => {
  const headers = { 'x-real-ip': '198.51.100.1', 'x-forwarded-for': '198.51.100.2' };
  assert.equal(effectiveIp('127.0.0.1', headers, proxies), '198.51.100.1');
});

test('the chain is walked from right to left over trusted proxies', () => {
  const through = (chain: string): string =>
    effectiveIp('127.0.0.1', { 'x-forwarded-for': chain }, proxies);
  assert.equal(through('6.6.6.6, 198.51.100.2, 10.1.1.1'), '198.51.100.2');
  assert.equal(through('198.51.100.2:555'), '198.51.100.2');
  assert.equal(through('[2001:db8::1]:80, 10.0.0.3'), '2001:db8::1');
  assert.equal(through('::ffff:198.51.100.7'), '198.51.100.7');
});

test('a chain without an untrusted address leaves the TCP peer', () => {
  for (const chain of ['', 'unknown', '10.0.0.1', '6.6.6.6, unknown, 10.0.0.1']) {
    assert.equal(effectiveIp('127.0.0.1', { 'x-forwarded-for': chain }, proxies), '127.0.0.1');
  }
});

test('one entry loses brackets, port and mapped prefix', () => {
  assert.equal(forwardedEntry(' 2001:DB8::1 '), '2001:db8::1');
  assert.equal(forwardedEntry('[::1]'), '::1');
  assert.equal(forwardedEntry('1.2.3.4:99'), '1.2.3.4');
  assert.equal(forwardedEntry('1.2.3'), undefined);
});
