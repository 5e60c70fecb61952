import assert from 'node:assert/strict';
import { randomBytes, randomInt } from 'node:crypto';
import { test } from 'node:test';
import { encodeFrame, frameHeader, FrameDecoder, MAX_FRAME_BYTES } from './frame.js';
import { WireError } from './wire-error.js';

const headers: readonly (readonly [payloadBytes: number, hex: string])[] = [
  [0, '00'],
  [1, '04'],
  [2, '08'],
  [63, 'fc'],
  [64, '0101'],
  [65, '0501'],
  [255, 'fd03'],
  [256, '0104'],
  [300, 'b104'],
  [16383, 'fdff'],
  [16384, '020001'],
  [65536, '020004'],
  [262144, '020010'],
  [4194303, 'feffff'],
  [4194304, '03000001'],
  [16777216, '03000004'],
  [67108864, '03000010'],
  [1073741823, 'ffffffff'],
];

const unlimited = MAX_FRAME_BYTES;
const isTooLong = (error: unknown) => error instanceof WireError && error.code === 'frame-too-long';

function bytes(hex: string): Buffer {
  return Buffer.from(hex.replaceAll(' ', ''), 'hex');
}

function drain(decoder: FrameDecoder): Buffer[] {
  const frames: Buffer[] = [];
  for (let frame = decoder.next(); frame !== undefined; frame = decoder.next()) frames.push(frame);
  return frames;
}

/** The number of payload bytes that a decoder reads out of a header. */
function announced(header: Buffer): number {
  const decoder = new FrameDecoder(-1);
  decoder.push(header);
  try {
    decoder.next();
  } catch (error) {
    return Number(/\d+/.exec(String(error))?.[0]);
  }
  return NaN;
}

test('[P1] every header of the table is written and read back', () => {
  for (const [length, hex] of headers) {
    assert.equal(frameHeader(length).toString('hex'), hex);
    assert.equal(announced(bytes(hex)), length);
  }
});

test('[P1] frames of the lengths around each header size come back whole', () => {
  for (const length of [0, 1, 63, 64, 16383, 16384, 65536, 4194303, 4194304]) {
    const payload = randomBytes(length);
    const frame = encodeFrame(payload);
    assert.ok(frame.equals(Buffer.concat([frameHeader(length), payload])));
    const decoder = new FrameDecoder(unlimited);
    decoder.push(frame);
    assert.ok(decoder.next()?.equals(payload));
    assert.equal(decoder.midFrame, false);
  }
});

test('[P2] a length that needs more than 30 bits is refused', () => {
  assert.throws(() => frameHeader(1073741824), isTooLong);
  assert.throws(() => frameHeader(2 ** 32), isTooLong);
});

test('[P3] frames arrive one byte at a time', () => {
  const payloads = [Buffer.alloc(0), randomBytes(1), randomBytes(300), randomBytes(20_000)];
  const decoder = new FrameDecoder(unlimited);
  const frames: Buffer[] = [];
  for (const byte of Buffer.concat(payloads.map(encodeFrame))) {
    decoder.push(Buffer.from([byte]));
    frames.push(...drain(decoder));
  }
  const lengths = (of: readonly Buffer[]): number[] => of.map(({ length }) => length);
  assert.deepEqual(lengths(frames), lengths(payloads));
  assert.ok(Buffer.concat(frames).equals(Buffer.concat(payloads)));
  assert.equal(decoder.pendingBytes, 0);
});

test('a stream may be cut in two at every byte', () => {
  const stream = bytes('00 0ca20100 103a021001 05000a 00');
  const expected = ['', 'a20100', '3a021001', '0a', ''];
  for (let cut = 0; cut <= stream.length; cut += 1) {
    const decoder = new FrameDecoder(64);
    decoder.push(stream.subarray(0, cut));
    const frames = drain(decoder);
    decoder.push(stream.subarray(cut));
    frames.push(...drain(decoder));
    assert.deepEqual(
      frames.map((frame) => frame.toString('hex')),
      expected,
    );
  }
});

test('[P4] two frames in one piece come out in order', () => {
  const decoder = new FrameDecoder(64);
  decoder.push(bytes('0ca20100 103a021001'));
  assert.equal(decoder.next()?.toString('hex'), 'a20100');
  assert.equal(decoder.next()?.toString('hex'), '3a021001');
  assert.equal(decoder.next(), undefined);
});

test('[P5] headers longer than necessary are legal', () => {
  for (const header of ['0500', '060000', '07000000']) {
    const decoder = new FrameDecoder(64);
    decoder.push(bytes(`${header} aa 04bb`));
    assert.deepEqual(drain(decoder), [bytes('aa'), bytes('bb')]);
  }
  const decoder = new FrameDecoder(64);
  decoder.push(bytes('03000000 04bb'));
  assert.deepEqual(drain(decoder), [Buffer.alloc(0), bytes('bb')]);
});

test('a header above the limit is refused before any payload, and again on every call', () => {
  const decoder = new FrameDecoder(65536);
  decoder.push(bytes('ffffffff'));
  assert.throws(() => decoder.next(), isTooLong);
  decoder.push(Buffer.alloc(10));
  assert.throws(() => decoder.next(), isTooLong);
  const exact = new FrameDecoder(3);
  exact.push(bytes('0c010203 10'));
  assert.equal(exact.next()?.length, 3);
  assert.throws(() => exact.next(), isTooLong);
});

test('nothing is allocated because a header announced it', () => {
  const before = process.memoryUsage();
  const decoders = Array.from({ length: 64 }, () => new FrameDecoder(unlimited));
  for (const decoder of decoders) {
    decoder.push(bytes('ffffffff'));
    assert.equal(decoder.next(), undefined);
    assert.equal(decoder.pendingBytes, 4);
  }
  const after = process.memoryUsage();
  assert.ok(after.arrayBuffers - before.arrayBuffers < 1024 * 1024);
  assert.ok(after.rss - before.rss < 64 * 1024 * 1024);
});

test('a trickle of bytes is held without one object per byte', () => {
  const decoder = new FrameDecoder(unlimited);
  decoder.push(frameHeader(1_000_000));
  const before = process.memoryUsage();
  for (let index = 0; index < 999_999; index += 1) decoder.push(Buffer.from([index & 255]));
  const after = process.memoryUsage();
  assert.equal(decoder.next(), undefined);
  assert.ok(after.arrayBuffers - before.arrayBuffers < 8_000_000);
  decoder.push(Buffer.from([0]));
  const frame = decoder.next();
  assert.equal(frame?.length, 1_000_000);
  assert.equal(frame?.[513], 1);
});

test('the limit may change while frames are waiting', () => {
  const decoder = new FrameDecoder(2);
  decoder.push(bytes('0c010203'));
  assert.throws(() => decoder.next(), isTooLong);
  decoder.limitBytes = 3;
  assert.equal(decoder.next()?.length, 3);
});

test('a payload that arrived in one piece is not copied', () => {
  const piece = bytes('0ca20100 103a021001');
  const decoder = new FrameDecoder(64);
  decoder.push(piece);
  for (const frame of drain(decoder)) assert.equal(frame.buffer, piece.buffer);
});

test('frames handed out stay untouched by what arrives later', () => {
  const decoder = new FrameDecoder(64);
  decoder.push(bytes('0c01'));
  decoder.push(bytes('0203 0c04'));
  const first = decoder.next();
  decoder.push(bytes('0506 0c07'));
  const second = decoder.next();
  decoder.push(bytes('0809'));
  const third = decoder.next();
  const seen = [first, second, third].map((frame) => frame?.toString('hex'));
  assert.deepEqual(seen, ['010203', '040506', '070809']);
});

test('raw mode gets every byte behind the last frame, an incomplete one with its header', () => {
  const stream = bytes('04aa 0cbbccdd 0501 0102030405');
  for (let cut = 2; cut <= stream.length; cut += 1) {
    const decoder = new FrameDecoder(64 * 1024);
    decoder.push(stream.subarray(0, 2));
    assert.equal(decoder.next()?.toString('hex'), 'aa');
    for (const byte of stream.subarray(2, cut)) decoder.push(Buffer.from([byte]));
    const whole = cut >= 6 ? 1 : 0;
    assert.equal(drain(decoder).length, whole);
    const expected = stream.subarray(whole === 1 ? 6 : 2, cut);
    assert.equal(decoder.midFrame, expected.length > 0);
    assert.deepEqual(decoder.rest(), expected);
    assert.equal(decoder.pendingBytes, 0);
  }
});

test('a header that waits for its payload is part of what raw mode gets', () => {
  const decoder = new FrameDecoder(64);
  decoder.push(bytes('0501'));
  decoder.limitBytes = 100;
  assert.equal(decoder.next(), undefined);
  assert.equal(decoder.rest().toString('hex'), '0501');
  decoder.push(bytes('04aa'));
  assert.equal(decoder.next()?.toString('hex'), 'aa');
});

test('10,000 random frames survive random cuts', () => {
  const decoder = new FrameDecoder(unlimited);
  const sent: Buffer[] = [];
  const received: Buffer[] = [];
  let waiting: Buffer[] = [];
  for (let round = 0; round < 10_000; round += 1) {
    const payload = randomBytes(randomInt(round % 100 === 0 ? 20_000 : 100));
    sent.push(payload);
    waiting.push(encodeFrame(payload));
    if (randomInt(3) === 0) {
      pushInPieces(decoder, Buffer.concat(waiting), received);
      waiting = [];
    }
  }
  pushInPieces(decoder, Buffer.concat(waiting), received);
  assert.equal(received.length, sent.length);
  assert.ok(Buffer.concat(received).equals(Buffer.concat(sent)));
  assert.ok(received.every((frame, index) => frame.length === sent[index]?.length));
});

function pushInPieces(decoder: FrameDecoder, stream: Buffer, received: Buffer[]): void {
  for (let at = 0; at < stream.length;) {
    const piece = stream.subarray(at, at + randomInt(1, randomInt(2) === 0 ? 8 : 3000));
    decoder.push(piece);
    at += piece.length;
    if (randomInt(3) > 0) received.push(...drain(decoder));
  }
  received.push(...drain(decoder));
}
