import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseProxyHeader } from './proxy-protocol.js';

const SIGNATURE = '0d0a0d0a000d0a515549540a';
const v1 = (line: string): Buffer => Buffer.from(line, 'latin1');
const v2 = (hex: string): Buffer => Buffer.from(SIGNATURE + hex, 'hex');

const TCP4 = v1('PROXY TCP4 198.51.100.23 203.0.113.7 54321 21117\r\n');
const TCP4_V2 = v2('2111000c' + 'c6336417' + 'cb007107' + 'd431' + '527d');
const V6_A = '20010db8000000000000000000000001';
const V6_B = '20010db8000000000000000000000002';

test('version 1 tells the source of TCP4, TCP6 and mapped addresses', () => {
  assert.deepEqual(parseProxyHeader(TCP4), {
    source: { ip: '198.51.100.23', port: 54321 },
    bytes: TCP4.length,
  });
  const six = parseProxyHeader(v1('PROXY TCP6 2001:db8::1 2001:db8::2 1 65535\r\nrest'));
  assert.deepEqual(six, { source: { ip: '2001:db8::1', port: 1 }, bytes: 44 });
  const mapped = parseProxyHeader(v1('PROXY TCP6 ::ffff:1.2.3.4 ::1 9 9\r\n'));
  assert.ok(typeof mapped === 'object');
  assert.equal(mapped.source?.ip, '1.2.3.4');
});

test('version 2 tells the source of both families and skips what follows the addresses', () => {
  assert.deepEqual(parseProxyHeader(TCP4_V2), {
    source: { ip: '198.51.100.23', port: 54321 },
    bytes: 28,
  });
  const withTlv = v2('21210027' + V6_A + V6_B + '1f90' + '01bb' + '040000');
  assert.deepEqual(parseProxyHeader(Buffer.concat([withTlv, Buffer.from('abc')])), {
    source: { ip: '2001:db8::1', port: 8080 },
    bytes: 16 + 39,
  });
});

test('a proxy that speaks for itself has no source', () => {
  for (const header of [
    v1('PROXY UNKNOWN\r\n'),
    v2('20000000'),
    v2('21000000'),
    v2('2011000c' + '00'.repeat(12)),
  ]) {
    assert.deepEqual(parseProxyHeader(header), { source: undefined, bytes: header.length });
  }
});

test('every proper prefix of a header asks for more', () => {
  for (const header of [TCP4, TCP4_V2]) {
    for (let length = 0; length < header.length; length += 1) {
      assert.equal(parseProxyHeader(header.subarray(0, length)), 'more', String(length));
    }
  }
});

test('what cannot become a TCP header is refused at once', () => {
  const bad = [
    v1('GET / HTTP/1.1\r\n'),
    v1('PROXY UDP4 1.2.3.4 1.2.3.4 1 1\r\n'),
    v1('PROXY TCP4 1.2.3.4 1.2.3.4 1\r\n'),
    v1('PROXY TCP4 1.2.3.400 1.2.3.4 1 1\r\n'),
    v1('PROXY TCP4 1.2.3.4 1.2.3.4 65536 1\r\n'),
    v1('PROXY TCP4 ' + 'x'.repeat(120)),
    v2('1111000c' + '00'.repeat(12)),
    v2('2211000c' + '00'.repeat(12)),
    v2('21110004' + '00'.repeat(4)),
    v2('2112000c' + '00'.repeat(12)),
    v2('2111ffff'),
  ];
  for (const input of bad) assert.equal(parseProxyHeader(input), 'bad', input.toString('latin1'));
});
