/**
 * The bandwidth limiter of hbbr (protocol 7.6): the bucket holds a tenth of a second's worth of
 * bits and is full at first. A chunk of any size is charged at once; whoever leaves the bucket
 * empty or in debt waits a tenth of a second plus the time that pays the debt.
 */
export class TokenBucket {
  #bits: number;
  #filledAt: number;

  /** `rate` is in bits per second, `now` in milliseconds. */
  constructor(
    readonly rate: number,
    now: number,
  ) {
    this.#bits = rate * CAPACITY_S;
    this.#filledAt = now;
  }

  /** Charges `bytes` and returns how many milliseconds to wait before the next chunk. */
  charge(bytes: number, now: number): number {
    const refilled = this.#bits + (this.rate * (now - this.#filledAt)) / 1000;
    this.#bits = Math.min(refilled, this.rate * CAPACITY_S) - bytes * 8;
    this.#filledAt = now;
    if (this.#bits > 0) return 0;
    return (CAPACITY_S - this.#bits / this.rate) * 1000;
  }

  /**
   * Charges what others used since they were last asked. Twice the bucket is the most, for what they used
   * longer ago has been paid for by the time that passed.
   */
  chargeOther(bytes: number, now: number): void {
    this.charge(Math.min(bytes, (this.rate * CAPACITY_S * 2) / 8), now);
  }

  /** The most bytes that one chunk should take: what the bucket holds when it is full. */
  get chunkBytes(): number {
    return Math.max(MIN_CHUNK_BYTES, (this.rate * CAPACITY_S) / 8);
  }
}

const CAPACITY_S = 0.1;
/** Below this, system calls would cost more than the bytes. */
const MIN_CHUNK_BYTES = 4096;
