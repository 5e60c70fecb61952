import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { networkInterfaces } from 'node:os';
import { test } from 'node:test';
import { ipFromBytes, ipToBytes } from '@waystation/wire';
import { AddressTexts } from './address-texts.js';

function words(bytes: Uint8Array): Uint32Array {
  return new Uint32Array(Uint8Array.from(bytes).buffer);
}

test('any address has the text that the wire room gives it, the first and the second time', () => {
  const texts = new AddressTexts();
  const many = Array.from({ length: 20_000 }, () => {
    const bytes = randomBytes(16);
    bytes[0] = 0x20;
    return bytes;
  });
  for (let time = 0; time < 2; time++) {
    for (const bytes of many) assert.equal(texts.text(words(bytes), 0, 0), ipFromBytes(bytes));
  }
});

test('a mapped address is plain IPv4, also when very many pass by', () => {
  const texts = new AddressTexts();
  for (let n = 0; n < 300_000; n += 7) {
    const ip = `10.${n >> 16}.${(n >> 8) & 0xff}.${n & 0xff}`;
    const bytes = Buffer.concat([Buffer.alloc(10), Buffer.from([0xff, 0xff]), ipToBytes(ip)]);
    assert.equal(texts.text(words(bytes), 0, 0), ip);
  }
});

test('neighbours in the table do not take each other for themselves', () => {
  const texts = new AddressTexts();
  const of = (ip: string): string => texts.text(words(ipToBytes(ip)), 0, 0);
  for (const ip of ['2001:db8::1', '2001:db8:1::', '2001:db8::1:0', '2001:db8::1', '::1']) {
    assert.equal(of(ip), ip);
  }
});

test('a link-local address names its interface', () => {
  const texts = new AddressTexts();
  const text = texts.text(words(ipToBytes('fe80::1')), 0, 4_000_000);
  assert.equal(text, 'fe80::1%4000000');
  for (const [name, addresses] of Object.entries(networkInterfaces())) {
    for (const { scopeid = 0 } of addresses ?? []) {
      if (scopeid === 0) continue;
      assert.equal(texts.text(words(ipToBytes('fe80::2')), 0, scopeid), `fe80::2%${name}`);
    }
  }
});
