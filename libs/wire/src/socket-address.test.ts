import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  formatAddress,
  ipFamily,
  ipFromBytes,
  ipToBytes,
  isGlobalUnicastV6Endpoint,
  isLoopback,
  limiterKey,
  normaliseIp,
} from './socket-address.js';

test('every spelling of an address has one normal form', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['198.51.100.23', '198.51.100.23'],
    ['::ffff:198.51.100.23', '198.51.100.23'],
    ['::FFFF:c633:6417', '198.51.100.23'],
    ['::198.51.100.23', '198.51.100.23'],
    ['0:0:0:0:0:ffff:198.51.100.23', '198.51.100.23'],
    ['::', '0.0.0.0'],
    ['::2', '0.0.0.2'],
    ['::1', '::1'],
    ['0:0:0:0:0:0:0:1', '::1'],
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['64:ff9b::198.51.100.23', '64:ff9b::c633:6417'],
    ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
    ['1:2:3:4:5:6::', '1:2:3:4:5:6::'],
    ['ff00::', 'ff00::'],
  ];
  for (const [text, expected] of cases) assert.equal(normaliseIp(text), expected, text);
});

test('what is no address is refused', () => {
  const bad = [
    '',
    'localhost',
    '1.2.3',
    '1.2.3.4.5',
    '1.2.3.256',
    '01.2.3.4',
    '1.2.3.4 ',
    '1.2..4',
    '0x1.2.3.4',
    '1e1.2.3.4',
    '-1.2.3.4',
    ':',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7:8::',
    '12345::',
    'g::',
    '::1.2.3',
    '1.2.3.4::',
    '[::1]',
    '::ffff:1.2.3.4:5',
    '\u0661.2.3.4',
  ];
  for (const text of bad) assert.equal(normaliseIp(text), undefined, text);
});

test('an address is written with its port', () => {
  assert.equal(formatAddress({ ip: '1.2.3.4', port: 0 }), '1.2.3.4:0');
  assert.equal(formatAddress({ ip: '2001:db8::1', port: 21116 }), '[2001:db8::1]:21116');
});

test('bytes and text convert both ways', () => {
  for (const ip of ['0.0.0.0', '255.1.2.3', '::1', '2001:db8::1', 'fe80::1:0:0:1']) {
    assert.equal(ipFromBytes(ipToBytes(ip)), ip);
  }
  assert.throws(() => ipToBytes('nowhere'), RangeError);
});

test('family, loopback and the key of limits', () => {
  assert.equal(ipFamily('1.2.3.4'), 4);
  assert.equal(ipFamily('2001:db8::1'), 6);
  assert.deepEqual(['127.0.0.1', '127.9.9.9', '::1'].map(isLoopback), [true, true, true]);
  assert.deepEqual(['12.7.0.1', '::7f00:1', '2001:db8::1'].map(isLoopback), [false, false, false]);
  assert.equal(limiterKey('198.51.100.23'), '198.51.100.23');
  assert.equal(limiterKey('2001:db8:1:2:3:4:5:6'), '2001:db8:1:2::/64');
  assert.equal(limiterKey('2001:db8:1:2:ffff::1'), '2001:db8:1:2::/64');
  assert.equal(limiterKey('::1'), '::/64');
});

test('only a global unicast v6 address with a port is passed on', () => {
  const endpoint = (hex: string) => isGlobalUnicastV6Endpoint(Buffer.from(hex, 'hex'));
  assert.equal(endpoint('20010db80000000000000000000000017c52'), true);
  assert.equal(endpoint('3fff0db80000000000000000000000010001'), true);
  assert.equal(endpoint('20010db80000000000000000000000010000'), false);
  assert.equal(endpoint('fe800000000000000000000000000001ffff'), false);
  assert.equal(endpoint('00000000000000000000000000000001901f'), false);
  assert.equal(endpoint('20010db80000000000000000000000017c'), false);
  assert.equal(endpoint('20010db80000000000000000000000017c5200'), false);
  assert.equal(endpoint(''), false);
});
