import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  formatKey,
  newSigningKeyPair,
  parseSecretKey,
  seedMatches,
  signingKeyPairFromSeed,
} from './key-pair.js';
import { decodeIdPk, encodeIdPk, openSigned, signCombined } from './signed-id.js';
import { WireError } from './wire-error.js';

const seed = Buffer.from(Array.from({ length: 32 }, (_, index) => index));
const secretText =
  'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8DoQe/884Qvh1w3RjnS8CZZ+TWMJulDV8d3IZkElUxuA==';
const publicText = 'A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg=';
const publicHex = '03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8';
const deviceHex = '2152f8d19b791d24453242e15f2eab6cb7cffa7b6a5ed30097960e069881db12';
const idPkHex = `0a093132333435363738391220${deviceHex}`;
const signatureHex =
  'bf570b4f730765fa4d45a224c92cf42a01913edb97818fee10cbf6616b69569a' +
  'd94a00b29845eebae724778be4b3743fc413ebad3d4d28dc7317c80e3a019809';

test('[P26] a key file is read with and without a newline, its second half is the public key', () => {
  for (const text of [secretText, `${secretText}\n`, ` ${secretText}\r\n`]) {
    const pair = parseSecretKey(text);
    assert.equal(pair?.secretKey.subarray(0, 32).toString('hex'), seed.toString('hex'));
    assert.equal(pair?.publicKey.toString('hex'), publicHex);
    assert.equal(formatKey(pair.publicKey), publicText);
    assert.equal(formatKey(pair.secretKey), secretText);
    assert.equal(seedMatches(pair), true);
  }
});

test('[P26] the public key comes from the file, not from the seed', () => {
  const foreign = Buffer.concat([seed, Buffer.alloc(32, 7)]);
  const pair = parseSecretKey(formatKey(foreign));
  assert.deepEqual(pair?.publicKey, Buffer.alloc(32, 7));
  assert.equal(seedMatches(pair), false);
});

test('what is no key file is refused', () => {
  const bad = [
    '',
    'hello',
    publicText,
    secretText.slice(0, -4),
    secretText.slice(0, -2),
    secretText.replace('A', '*'),
    secretText.replace('/', '_'),
    `${secretText.slice(0, 40)}\n${secretText.slice(40)}`,
    Buffer.alloc(65).toString('base64'),
  ];
  for (const text of bad) assert.equal(parseSecretKey(text), undefined, text);
});

test('a seed gives the known pair and a new pair suits file names', () => {
  assert.equal(signingKeyPairFromSeed(seed).publicKey.toString('hex'), publicHex);
  const pair = newSigningKeyPair();
  assert.doesNotMatch(formatKey(pair.publicKey), /[/:]/);
  assert.deepEqual(parseSecretKey(formatKey(pair.secretKey)), pair);
  assert.equal(seedMatches(pair), true);
});

test('[P33] the signed id of the example is reproduced byte for byte', () => {
  const device = signingKeyPairFromSeed(Buffer.alloc(32, 0x42));
  assert.equal(device.publicKey.toString('hex'), deviceHex);
  const idPk = encodeIdPk('123456789', device.publicKey);
  assert.equal(idPk.toString('hex'), idPkHex);
  const whole = parseSecretKey(secretText);
  assert.ok(whole);
  for (const key of [seed, whole.secretKey]) {
    assert.equal(signCombined(idPk, key).toString('hex'), signatureHex + idPkHex);
  }
});

test('a signed blob opens with the right key only', () => {
  const publicKey = Buffer.from(publicHex, 'hex');
  const blob = Buffer.from(signatureHex + idPkHex, 'hex');
  const opened = openSigned(blob, publicKey);
  assert.ok(opened);
  assert.deepEqual(decodeIdPk(opened), { id: '123456789', pk: Buffer.from(deviceHex, 'hex') });
  assert.equal(openSigned(blob, Buffer.from(deviceHex, 'hex')), undefined);
  for (let index = 0; index < blob.length; index += 1) {
    const forged = Buffer.from(blob);
    forged[index] = (forged[index] ?? 0) ^ 1;
    assert.equal(openSigned(forged, publicKey), undefined);
  }
  for (const length of [0, 63, 64, 108]) {
    assert.equal(openSigned(blob.subarray(0, length), publicKey), undefined);
  }
});

test('keys of a wrong length are a WireError', () => {
  const badKey = (error: unknown) => error instanceof WireError && error.code === 'bad-key';
  assert.throws(() => signCombined(seed, seed.subarray(1)), badKey);
  assert.throws(() => openSigned(Buffer.alloc(80), Buffer.alloc(33)), badKey);
});
