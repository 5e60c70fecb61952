import type { Libc } from './libc.js';

/** Bytes reserved for one socket address; sockaddr_in6 needs 28. */
const NAME_BYTES = 32;
/** `struct mmsghdr` on 64-bit Linux: a msghdr of 56 bytes, the length of the message, padding. */
const HEADER_BYTES = 64;
const IOVEC_BYTES = 16;
/**
 * Added to every slot's payload area so that slots do not begin at the same offset of their pages:
 * the first cache line of each slot is what is touched, and those would all compete for one cache set.
 */
const STAGGER_BYTES = 128;

/** Fields of a header, counted in 32-bit words; words per header: 16. */
const HeaderWord = {
  name: 0,
  nameLength: 2,
  iovec: 4,
  iovecCount: 6,
  control: 8,
  controlLength: 10,
  messageLength: 14,
} as const;
const WORDS_PER_HEADER = HEADER_BYTES / 4;

/** Sizes of a set of slots. */
export interface SlotSizes {
  readonly count: number;
  readonly payloadBytes: number;
  /** Bytes of ancillary data per message; default none. */
  readonly controlBytes?: number;
}

/**
 * Memory for `count` messages as recvmmsg and sendmmsg want it: headers, addresses, ancillary data
 * and payloads, linked once. Pages of a payload area that no message reaches cost no memory.
 */
export class MessageSlots {
  /** Address of the first `struct mmsghdr`. */
  readonly headers: bigint;
  readonly payloads: Buffer;
  readonly payloadStride: number;
  /** Socket addresses, one every `nameStride` bytes. */
  readonly names: Uint8Array;
  /** The same memory in words. */
  readonly nameWords: Uint32Array;
  readonly nameStride = NAME_BYTES;
  readonly controls: Buffer;
  readonly controlBytes: number;
  readonly #headers: Uint32Array;
  readonly #iovecs: Uint32Array;

  constructor(libc: Pick<Libc, 'addressOf'>, sizes: SlotSizes) {
    const { count, payloadBytes, controlBytes = 0 } = sizes;
    this.payloadStride = payloadBytes + STAGGER_BYTES;
    this.controlBytes = controlBytes;
    const headers = new ArrayBuffer(count * HEADER_BYTES);
    this.#headers = new Uint32Array(headers);
    this.#iovecs = new Uint32Array(new ArrayBuffer(count * IOVEC_BYTES));
    this.names = new Uint8Array(new ArrayBuffer(count * NAME_BYTES));
    this.nameWords = new Uint32Array(this.names.buffer);
    this.payloads = Buffer.from(new ArrayBuffer(count * this.payloadStride));
    this.controls = Buffer.from(new ArrayBuffer(Math.max(count * controlBytes, NAME_BYTES)));
    const at = (view: NodeJS.ArrayBufferView): bigint => libc.addressOf(view);
    this.headers = at(this.#headers);
    this.#link(new BigUint64Array(headers), payloadBytes, count, at);
  }

  #link(
    headers: BigUint64Array,
    payloadBytes: number,
    count: number,
    at: (view: NodeJS.ArrayBufferView) => bigint,
  ): void {
    const iovecs = new BigUint64Array(this.#iovecs.buffer);
    for (let slot = 0; slot < count; slot++) {
      const header = (slot * HEADER_BYTES) / 8;
      headers[header + HeaderWord.name / 2] = at(this.names) + BigInt(slot * NAME_BYTES);
      headers[header + HeaderWord.iovec / 2] = at(this.#iovecs) + BigInt(slot * IOVEC_BYTES);
      headers[header + HeaderWord.iovecCount / 2] = 1n;
      if (this.controlBytes > 0) {
        const control = at(this.controls) + BigInt(slot * this.controlBytes);
        headers[header + HeaderWord.control / 2] = control;
      }
      iovecs[slot * 2] = at(this.payloads) + BigInt(slot * this.payloadStride);
      iovecs[slot * 2 + 1] = BigInt(payloadBytes);
      this.setNameLength(slot, NAME_BYTES);
      this.setControlLength(slot, this.controlBytes);
    }
  }

  /** Address of one slot's header, to go on in the middle of a batch. */
  headerAt(slot: number): bigint {
    return this.headers + BigInt(slot * HEADER_BYTES);
  }

  setNameLength(slot: number, bytes: number): void {
    this.#headers[slot * WORDS_PER_HEADER + HeaderWord.nameLength] = bytes;
  }

  setControlLength(slot: number, bytes: number): void {
    this.#headers[slot * WORDS_PER_HEADER + HeaderWord.controlLength] = bytes;
  }

  /** Bytes of the payload to send. */
  setPayloadLength(slot: number, bytes: number): void {
    this.#iovecs[slot * 4 + 2] = bytes;
  }

  payloadLength(slot: number): number {
    return this.#iovecs[slot * 4 + 2] ?? 0;
  }

  /** Bytes of the message that recvmmsg put here. */
  received(slot: number): number {
    return this.#headers[slot * WORDS_PER_HEADER + HeaderWord.messageLength] ?? 0;
  }
}
