import assert from 'node:assert/strict';
import { randomBytes, randomInt } from 'node:crypto';
import { test } from 'node:test';
import { boxKeyPairFromSecret, newBoxKeyPair, openSessionKey, sealSessionKey } from './box.js';
import { encodeFrame } from './frame.js';
import { signingKeyPairFromSeed } from './key-pair.js';
import { decodeMessage, encodeMessage } from './rendezvous.js';
import { SecureChannel } from './secure-channel.js';
import { openSigned, signCombined } from './signed-id.js';
import { WireError } from './wire-error.js';

// Fixed keys of the reference handshake; for tests only.
const seed = Buffer.from(Array.from({ length: 32 }, (_, index) => index));
const server = boxKeyPairFromSecret(Buffer.alloc(32, 0x11));
const client = boxKeyPairFromSecret(Buffer.alloc(32, 0x22));
const sessionKey = Buffer.alloc(32, 0x33);

const serverPublicHex = '7b4e909bbe7ffe44c465a220037d608ee35897d31ef972f07f74892cb0f73f13';
const clientPublicHex = '0faa684ed28867b97f4a6a2dee5df8ce974e76b7018e3f22a1c4cf2678570f20';
const offerHex =
  'e7917a5705c8118d82c19c590bf47a76743b38a4bd972cdf6983a72412084f2a' +
  '40d07e5b2ff6fe2bdfa8119e15820dae9c5765e9800d651459bf0459be525e00' +
  serverPublicHex;
const boxedHex =
  '7e23d90f0c455a0e3e633d6e800f8e6b4717555154619a58b13291dcb98cafaa' +
  '18a9cc1a883aab54386e39de02b2a5b7';
const request = Buffer.from('42170a0931323334353637383910011a016b3205312e342e39', 'hex');
const requestFrameHex =
  'a4a888aba52be2ab3ef64e00bcd9348b7d67e51386223bcdad55b8f43666d68c82064543abbc7c963fd4';
const offline = Buffer.from('5a021802', 'hex');
const offlineFrameHex = '50f30dace7b318c3848de27307e35c20d17ff0018d';

const isMac = (error: unknown) => error instanceof WireError && error.code === 'mac';

test('[P36] the offer of the server is reproduced', () => {
  assert.equal(server.publicKey.toString('hex'), serverPublicHex);
  const offer = signCombined(server.publicKey, seed);
  assert.equal(offer.toString('hex'), offerHex);
  const frame = encodeFrame(encodeMessage('keyExchange', { keys: [offer] }));
  assert.equal(frame.toString('hex'), `9501ca01620a60${offerHex}`);
  const opened = openSigned(offer, signingKeyPairFromSeed(seed).publicKey);
  assert.equal(opened?.toString('hex'), serverPublicHex);
});

test('[P36] the answer of the client is reproduced and opened', () => {
  assert.equal(client.publicKey.toString('hex'), clientPublicHex);
  const boxed = sealSessionKey(sessionKey, server.publicKey, client.secretKey);
  assert.equal(boxed.toString('hex'), boxedHex);
  const payload = encodeMessage('keyExchange', { keys: [client.publicKey, boxed] });
  const frame = encodeFrame(payload).toString('hex');
  assert.equal(frame, `5d01ca01540a20${clientPublicHex}0a30${boxedHex}`);
  const message = decodeMessage(payload);
  assert.ok(message.name === 'keyExchange');
  const [theirs, box] = message.value.keys;
  assert.ok(theirs && box);
  assert.deepEqual(openSessionKey(box, theirs, server.secretKey), sessionKey);
});

test('[P36] the first encrypted message of either side is reproduced', () => {
  const atClient = new SecureChannel(sessionKey);
  const atServer = new SecureChannel(sessionKey);
  const sealed = atClient.seal(request);
  assert.equal(encodeFrame(sealed).toString('hex'), requestFrameHex);
  assert.deepEqual(atServer.open(sealed), request);
  const answer = atServer.seal(offline);
  assert.equal(encodeFrame(answer).toString('hex'), offlineFrameHex);
  assert.deepEqual(atClient.open(answer), offline);
});

test('[P40] [P41] counters start at 1 per direction and heartbeats leave them alone', () => {
  const atClient = new SecureChannel(sessionKey);
  const atServer = new SecureChannel(sessionKey);
  for (let round = 0; round < 3; round += 1) {
    for (const [sender, receiver] of [
      [atClient, atServer],
      [atServer, atClient],
    ] as const) {
      const plain = randomBytes(randomInt(1, 200));
      const sealed = sender.seal(plain);
      assert.equal(sealed.length, plain.length + 16);
      assert.deepEqual(receiver.open(sealed), plain);
      assert.equal(sender.seal(Buffer.alloc(0)).length, 0);
      assert.equal(receiver.open(Buffer.alloc(0)).length, 0);
    }
  }
  const first = new SecureChannel(sessionKey).seal(request);
  assert.equal(encodeFrame(first).toString('hex'), requestFrameHex);
});

test('[P40] equal payloads never look equal', () => {
  const channel = new SecureChannel(sessionKey);
  const seen = new Set(Array.from({ length: 600 }, () => channel.seal(offline).toString('hex')));
  assert.equal(seen.size, 600);
});

test('a single byte is received as it is and not counted', () => {
  const sender = new SecureChannel(sessionKey);
  const receiver = new SecureChannel(sessionKey);
  assert.deepEqual(receiver.open(Buffer.from([7])), Buffer.from([7]));
  assert.deepEqual(receiver.open(sender.seal(offline)), offline);
});

test('a payload that is not authentic is refused: changed, repeated, out of order, in clear', () => {
  const sealed = new SecureChannel(sessionKey).seal(request);
  for (let index = 0; index < sealed.length; index += 1) {
    const forged = Buffer.from(sealed);
    forged[index] = (forged[index] ?? 0) ^ 0x80;
    assert.throws(() => new SecureChannel(sessionKey).open(forged), isMac);
  }
  for (const bytes of [request, sealed.subarray(0, 15), sealed.subarray(0, 16), Buffer.alloc(2)]) {
    assert.throws(() => new SecureChannel(sessionKey).open(bytes), isMac);
  }
  const receiver = new SecureChannel(sessionKey);
  receiver.open(sealed);
  assert.throws(() => receiver.open(sealed), isMac);
  const sender = new SecureChannel(sessionKey);
  sender.seal(offline);
  assert.throws(() => new SecureChannel(sessionKey).open(sender.seal(offline)), isMac);
});

test('key exchanges of wrong sizes or with wrong keys open nothing and throw nothing', () => {
  const boxed = Buffer.from(boxedHex, 'hex');
  const open = (box: Uint8Array, key: Uint8Array) => openSessionKey(box, key, server.secretKey);
  assert.equal(open(boxed.subarray(1), client.publicKey), undefined);
  assert.equal(open(Buffer.concat([boxed, Buffer.alloc(1)]), client.publicKey), undefined);
  assert.equal(open(boxed, client.publicKey.subarray(1)), undefined);
  assert.equal(open(boxed, Buffer.alloc(33, 1)), undefined);
  assert.equal(open(Buffer.alloc(0), Buffer.alloc(0)), undefined);
  assert.equal(open(boxed, server.publicKey), undefined);
  // Degenerate points: the shared secret would be all zero.
  assert.equal(open(boxed, Buffer.alloc(32)), undefined);
  assert.equal(open(boxed, Buffer.from([1, ...Buffer.alloc(31)])), undefined);
});

test('fresh pairs differ and work from unaligned memory', () => {
  const ours = newBoxKeyPair();
  const theirs = newBoxKeyPair();
  assert.notDeepEqual(ours.publicKey, theirs.publicKey);
  assert.deepEqual(boxKeyPairFromSecret(ours.secretKey), ours);
  const shifted = (bytes: Buffer) => Buffer.concat([Buffer.alloc(1), bytes]).subarray(1);
  const key = randomBytes(32);
  const boxed = sealSessionKey(shifted(key), shifted(ours.publicKey), shifted(theirs.secretKey));
  const opened = openSessionKey(shifted(boxed), shifted(theirs.publicKey), shifted(ours.secretKey));
  assert.deepEqual(opened, key);
  const channel = new SecureChannel(shifted(key));
  const plain = shifted(randomBytes(1000));
  assert.deepEqual(new SecureChannel(key).open(shifted(channel.seal(plain))), plain);
});

test('a session key of a wrong length is a WireError', () => {
  assert.throws(() => new SecureChannel(Buffer.alloc(31)), { code: 'bad-key' });
});
