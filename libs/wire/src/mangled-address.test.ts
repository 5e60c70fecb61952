import assert from 'node:assert/strict';
import { randomBytes, randomInt } from 'node:crypto';
import { test } from 'node:test';
import { demangleAddress, demangleDestination, mangleAddress } from './mangled-address.js';
import { ipFromBytes, normaliseIp } from './socket-address.js';

const v4: readonly (readonly [ip: string, port: number, time: number, hex: string])[] = [
  ['192.168.16.32', 21116, 0x12345678, 'f4a8f0ac682470fe8964'],
  ['1.2.3.4', 65535, 0xffffffff, 'feffffffffff0104060802'],
  ['255.255.255.255', 65535, 0xffffffff, 'fefffffffffffdffffff03'],
  ['10.0.0.1', 21116, 0, '7c520000000014000002'],
  ['127.0.0.1', 50000, 65535, '4fc3ffff0100fc000202'],
  ['198.51.100.23', 54321, 0xdeadbeef, '2093df7d5bbd6be523ec01'],
  ['203.0.113.7', 0, 1700000000, '00f100e2a7ca96e389d9'],
  ['93.184.216.34', 44158, 1176642112, 'bece8044448c3ab5f5d1'],
  ['8.8.8.8', 53, 1, '36000200000012101010'],
  ['0.0.0.0', 0, 0, ''],
  ['0.0.0.0', 0, 1, '01000200000002'],
];

const v6: readonly (readonly [ip: string, port: number, hex: string])[] = [
  ['2001:db8::1', 21116, '20010db80000000000000000000000017c52'],
  ['::1', 8080, '00000000000000000000000000000001901f'],
  ['2001:db8:ff::1111', 80, '20010db800ff000000000000000011115000'],
  ['fe80::1', 65535, 'fe800000000000000000000000000001ffff'],
];

const bytes = (hex: string) => Buffer.from(hex, 'hex');

test('[P13] IPv4 vectors are written byte for byte', () => {
  for (const [ip, port, time, hex] of v4) {
    assert.equal(mangleAddress({ ip, port }, time).toString('hex'), hex, `${ip}:${port}`);
  }
});

test('[P14] IPv6 vectors are written byte for byte, whatever the time', () => {
  for (const [ip, port, hex] of v6) {
    for (const time of [0, 0xffffffff]) {
      assert.equal(mangleAddress({ ip, port }, time).toString('hex'), hex);
    }
  }
});

test('[P15] every vector is read back', () => {
  for (const [ip, port, , hex] of v4) assert.deepEqual(demangleAddress(bytes(hex)), { ip, port });
  for (const [ip, port, hex] of v6) assert.deepEqual(demangleAddress(bytes(hex)), { ip, port });
});

test('[P16] embedded IPv4 is written as IPv4, ::1 keeps the long form', () => {
  for (const text of ['::ffff:198.51.100.23', '::198.51.100.23']) {
    const ip = normaliseIp(text);
    assert.ok(ip);
    for (const spelling of [ip, text]) {
      const mangled = mangleAddress({ ip: spelling, port: 54321 }, 0xdeadbeef);
      assert.equal(mangled.toString('hex'), '2093df7d5bbd6be523ec01');
    }
  }
  assert.equal(mangleAddress({ ip: '::1', port: 1 }, 5).length, 18);
});

test('the long form of an embedded IPv4 address is read as IPv4', () => {
  const mapped = bytes('00000000000000000000ffffc63364173930');
  assert.deepEqual(demangleAddress(mapped), { ip: '198.51.100.23', port: 12345 });
});

test('[P17] impossible lengths are "no address"', () => {
  for (const length of [17, 19, 32, 1000]) {
    assert.equal(demangleAddress(Buffer.alloc(length, 1)), undefined);
    assert.equal(demangleDestination(Buffer.alloc(length, 1)), undefined);
  }
});

test('[P18] forged bytes wrap instead of failing', () => {
  assert.deepEqual(demangleAddress(Buffer.alloc(16, 0xff)), { ip: '0.0.0.0', port: 0 });
  assert.deepEqual(demangleAddress(bytes('ff')), { ip: '0.0.0.0', port: 255 });
  assert.deepEqual(demangleAddress(bytes('ffff')), { ip: '0.0.0.0', port: 65535 });
});

test('[P19] port 0 and the unspecified address are no destination', () => {
  assert.equal(demangleDestination(bytes('00f100e2a7ca96e389d9')), undefined);
  assert.equal(demangleDestination(bytes('20010db80000000000000000000000010000')), undefined);
  assert.equal(demangleDestination(bytes('')), undefined);
  assert.equal(demangleDestination(bytes('ffff')), undefined);
  const real = { ip: '192.168.16.32', port: 21116 };
  assert.deepEqual(demangleDestination(bytes('f4a8f0ac682470fe8964')), real);
});

test('[P20] 10,000 random addresses survive the round trip', () => {
  for (let round = 0; round < 10_000; round += 1) {
    const ip = ipFromBytes(randomBytes(round % 4 === 0 ? 16 : 4));
    const address = { ip, port: randomInt(65536) };
    const mangled = mangleAddress(address, randomInt(2 ** 32));
    assert.ok(mangled.length <= 11 || mangled.length === 18);
    assert.deepEqual(demangleAddress(mangled), address);
  }
});
