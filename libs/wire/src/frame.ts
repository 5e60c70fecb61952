import { Buffer } from 'node:buffer';
import { WireError } from './wire-error.js';

/** The length has 30 bits: two bits of the four-byte header hold the size of the header. */
export const MAX_FRAME_BYTES = 2 ** 30 - 1;

/** Pieces below this size are copied together, so that a trickle of single bytes stays cheap to hold. */
const SMALL_PIECE_BYTES = 1024;
const SLAB_BYTES = 4096;

/**
 * The header of a frame with `payloadBytes` of payload: little endian, `payloadBytes * 4 + size - 1` in
 * the smallest size of 1 to 4 bytes. Throws WireError('frame-too-long') above MAX_FRAME_BYTES.
 */
export function frameHeader(payloadBytes: number): Buffer {
  const header = Buffer.allocUnsafe(headerSize(payloadBytes));
  writeHeader(header, payloadBytes);
  return header;
}

/** Header and payload in one buffer. Throws WireError('frame-too-long') above MAX_FRAME_BYTES. */
export function encodeFrame(payload: Uint8Array): Buffer {
  const size = headerSize(payload.length);
  const frame = Buffer.allocUnsafe(size + payload.length);
  writeHeader(frame.subarray(0, size), payload.length);
  frame.set(payload, size);
  return frame;
}

function headerSize(payloadBytes: number): number {
  if (payloadBytes <= 0x3f) return 1;
  if (payloadBytes <= 0x3fff) return 2;
  if (payloadBytes <= 0x3fffff) return 3;
  if (payloadBytes <= MAX_FRAME_BYTES) return 4;
  throw new WireError('frame-too-long', `${payloadBytes} bytes do not fit into a frame`);
}

function writeHeader(header: Buffer, payloadBytes: number): void {
  header.writeUIntLE(payloadBytes * 4 + header.length - 1, 0, header.length);
}

/**
 * Cuts a byte stream into frames. A payload that arrived in one piece is handed out as a view of it,
 * one that is spread over pieces is copied once, when complete: nothing is allocated because a header
 * announced it. Longer headers than necessary are legal. After an error the decoder stays in error.
 */
export class FrameDecoder {
  #pieces: Buffer[] = [];
  #first = 0;
  /** Bytes of the first piece that are used up. */
  #offset = 0;
  #buffered = 0;
  /** Room for small pieces; its filled part is the last piece. */
  #slab: Buffer | undefined;
  #slabUsed = 0;
  #headerBytes = 0;
  #payloadBytes = 0;

  /** @param limitBytes largest payload accepted; may be changed at any time */
  constructor(public limitBytes: number) {}

  /** Everything received and not yet delivered, headers included. */
  get pendingBytes(): number {
    return this.#buffered;
  }

  /** Once next() has returned undefined: whether a frame has begun and is not complete. */
  get midFrame(): boolean {
    return this.#buffered > 0;
  }

  /** Takes the bytes over: the caller must not write to `chunk` any more. */
  push(chunk: Buffer): void {
    if (chunk.length === 0) return;
    const alone = this.#buffered === 0;
    this.#buffered += chunk.length;
    if (alone || chunk.length >= SMALL_PIECE_BYTES) {
      this.#slab = undefined;
      this.#pieces.push(chunk);
      return;
    }
    this.#pushSmall(chunk);
  }

  /** The next complete payload, or undefined. Throws WireError('frame-too-long') above the limit. */
  next(): Buffer | undefined {
    if (this.#headerBytes === 0 && !this.#readHeader()) return undefined;
    if (this.#payloadBytes > this.limitBytes) {
      throw new WireError('frame-too-long', `frame of ${this.#payloadBytes} bytes announced`);
    }
    if (this.#buffered < this.#headerBytes + this.#payloadBytes) return undefined;
    this.#take(this.#headerBytes);
    this.#headerBytes = 0;
    return this.#take(this.#payloadBytes);
  }

  /** Takes everything that is buffered, an incomplete frame with its header too; for raw mode. */
  rest(): Buffer {
    this.#headerBytes = 0;
    return this.#take(this.#buffered);
  }

  #pushSmall(chunk: Buffer): void {
    const slab = this.#slab;
    if (slab === undefined || slab.length - this.#slabUsed < chunk.length) {
      this.#slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
      this.#slab.set(chunk);
      this.#slabUsed = chunk.length;
      this.#pieces.push(this.#slab.subarray(0, chunk.length));
      return;
    }
    slab.set(chunk, this.#slabUsed);
    this.#slabUsed += chunk.length;
    this.#pieces[this.#pieces.length - 1] = slab.subarray(0, this.#slabUsed);
  }

  #readHeader(): boolean {
    if (this.#buffered === 0) return false;
    const size = (this.#byteAt(0) & 3) + 1;
    if (this.#buffered < size) return false;
    let value = 0;
    // Not by shifting: the fourth byte would reach the sign bit.
    for (let index = size - 1; index >= 0; index -= 1) value = value * 256 + this.#byteAt(index);
    this.#headerBytes = size;
    this.#payloadBytes = Math.floor(value / 4);
    return true;
  }

  /** The byte at a small distance from the start of what is buffered. */
  #byteAt(distance: number): number {
    let index = this.#first;
    let at = this.#offset + distance;
    let piece = this.#pieces[index];
    while (piece !== undefined && at >= piece.length) {
      at -= piece.length;
      index += 1;
      piece = this.#pieces[index];
    }
    return piece?.[at] ?? 0;
  }

  /** Removes exactly `bytes` that are known to be buffered. */
  #take(bytes: number): Buffer {
    const piece = this.#pieces[this.#first];
    if (piece !== undefined && piece.length - this.#offset >= bytes) {
      const view = piece.subarray(this.#offset, this.#offset + bytes);
      this.#advance(bytes);
      return view;
    }
    const whole = Buffer.allocUnsafeSlow(bytes);
    for (let filled = 0; filled < bytes;) filled += this.#copyFromFirst(whole, filled);
    return whole;
  }

  #copyFromFirst(target: Buffer, from: number): number {
    const piece = this.#pieces[this.#first];
    if (piece === undefined) throw new RangeError('frame pieces are out of step');
    const copied = piece.copy(target, from, this.#offset);
    this.#advance(copied);
    return copied;
  }

  #advance(bytes: number): void {
    this.#buffered -= bytes;
    this.#offset += bytes;
    const piece = this.#pieces[this.#first];
    if (piece === undefined || this.#offset < piece.length) return;
    this.#offset = 0;
    this.#first += 1;
    if (this.#first === this.#pieces.length) this.#forgetPieces();
    // Dropping used pieces half a list at a time keeps the cost per piece constant.
    if (this.#first * 2 > this.#pieces.length) this.#dropUsedPieces();
  }

  #dropUsedPieces(): void {
    this.#pieces.splice(0, this.#first);
    this.#first = 0;
  }

  #forgetPieces(): void {
    this.#pieces = [];
    this.#first = 0;
    this.#slab = undefined;
  }
}
