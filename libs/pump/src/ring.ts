/**
 * A queue of small integers in shared memory for exactly one writing and one reading thread.
 * Nothing blocks: the writer must know that there is room (the pump keeps at most one entry per
 * slot), the reader gets -1 when it is empty.
 */
export class Ring {
  readonly #words: Int32Array<SharedArrayBuffer>;
  readonly #mask: number;

  /** Bytes of shared memory that a ring for `capacity` entries takes; a power of two. */
  static bytes(capacity: number): number {
    return (HEADER_WORDS + capacity) * Int32Array.BYTES_PER_ELEMENT;
  }

  /** Lays a ring over `Ring.bytes(capacity)` bytes of `memory` that both threads share. */
  constructor(memory: SharedArrayBuffer, offset: number, capacity: number) {
    this.#words = new Int32Array(memory, offset, HEADER_WORDS + capacity);
    this.#mask = capacity - 1;
  }

  push(value: number): void {
    const tail = Atomics.load(this.#words, TAIL);
    this.#words[HEADER_WORDS + (tail & this.#mask)] = value;
    Atomics.store(this.#words, TAIL, (tail + 1) | 0);
  }

  /** The oldest entry, -1 when there is none. */
  shift(): number {
    const head = Atomics.load(this.#words, HEAD);
    if (head === Atomics.load(this.#words, TAIL)) return -1;
    const value = this.#words[HEADER_WORDS + (head & this.#mask)] ?? -1;
    Atomics.store(this.#words, HEAD, (head + 1) | 0);
    return value;
  }

  get empty(): boolean {
    return Atomics.load(this.#words, HEAD) === Atomics.load(this.#words, TAIL);
  }
}

const HEAD = 0;
/** On another cache line than HEAD, so that reader and writer do not fight over one. */
const TAIL = 16;
const HEADER_WORDS = 32;
