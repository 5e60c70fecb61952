import { TokenBucket } from '@waystation/pump';
import type { RelayNumber, RelayNumbers } from '@waystation/state';

/** Protocol 7.6 counts in these. */
const BITS_PER_MBIT = 1024 * 1024;
/** Time between two looks at what a session has used on average. */
const WINDOW_MS = 1_000;

/** Every bandwidth number: Mbit/s, a share of 1, milliseconds. */
export type BandwidthNumbers = Readonly<Record<RelayNumber, number>>;

/** Somebody who moves bytes of sessions elsewhere, under the same limit of all together. */
export interface TotalPool {
  /** Bits per second. */
  setTotalRate(bitsPerSecond: number): void;
  /** Charges bytes that were moved here. */
  charge(bytes: number): void;
  /** Bytes under the limit that were moved there so far. */
  readonly chargedBytes: number;
}

/** What sessions may use, alone and together (protocol 7.6). */
export class Bandwidth {
  readonly #own: BandwidthNumbers;
  #numbers: BandwidthNumbers;
  #total: TokenBucket;
  #pool: TotalPool | undefined;
  #poolBytes = 0;

  /** @param own this replica's settings; they hold where operators have set nothing for all */
  constructor(own: BandwidthNumbers, now = performance.now()) {
    this.#own = own;
    this.#numbers = own;
    this.#total = totalBucket(own, now);
  }

  /** What holds now. */
  get numbers(): BandwidthNumbers {
    return this.#numbers;
  }

  /**
   * Takes what operators have set for all relays. The limit of all together and the age from which sessions
   * are looked at hold at once, the rest for sessions that begin from now on.
   */
  change(set: RelayNumbers): void {
    const before = this.#numbers;
    this.#numbers = { ...this.#own, ...set };
    if (before.totalBandwidthMbit !== this.#numbers.totalBandwidthMbit) {
      this.#total = totalBucket(this.#numbers, performance.now());
      this.#pool?.setTotalRate(this.#total.rate);
    }
  }

  /** Shares the limit of all together with a pool: each is told what the other one moves. */
  share(pool: TotalPool): void {
    this.#pool = pool;
    this.#poolBytes = pool.chargedBytes;
    pool.setTotalRate(this.#total.rate);
  }

  /** The meter of a session that begins. */
  meter(isListed: boolean, now = performance.now()): Meter {
    const charge = (bytes: number, at: number): number => this.#charge(bytes, at);
    return new Meter(
      this.#numbers,
      () => this.#numbers.downgradeStartCheckMs,
      charge,
      isListed,
      now,
    );
  }

  #charge(bytes: number, now: number): number {
    const pool = this.#pool;
    if (pool !== undefined) {
      pool.charge(bytes);
      this.#total.chargeOther(pool.chargedBytes - this.#poolBytes, now);
      this.#poolBytes = pool.chargedBytes;
    }
    return this.#total.charge(bytes, now);
  }
}

/** Counts the bytes of one session, both ways together, and says when it has to wait. */
export class Meter {
  /** Nothing is charged here: it is the business of another replica. */
  readonly isFree: boolean;
  readonly #normal: TokenBucket;
  readonly #low: TokenBucket;
  /** Bits in a millisecond; who uses more on average for long is slowed down. */
  readonly #threshold: number;
  readonly #startMs: number;
  readonly #ageMs: () => number;
  readonly #chargeTotal: (bytes: number, now: number) => number;
  #isListed: boolean;
  #isDowngraded = false;
  #bits = 0;
  #lookedMs: number;
  #waitsUntilMs = -Infinity;

  /** Made by Bandwidth. */
  constructor(
    numbers: BandwidthNumbers,
    ageMs: () => number,
    chargeTotal: (bytes: number, now: number) => number,
    isListed: boolean,
    now: number,
  ) {
    this.isFree = numbers === UNLIMITED;
    const { singleBandwidthMbit, limitSpeedMbit, downgradeThreshold } = numbers;
    this.#normal = new TokenBucket(singleBandwidthMbit * BITS_PER_MBIT, now);
    this.#low = new TokenBucket(limitSpeedMbit * BITS_PER_MBIT, now);
    const percent = Math.trunc(downgradeThreshold * 100);
    this.#threshold = Math.floor((this.#normal.rate * percent) / 100 / 1000);
    this.#ageMs = ageMs;
    this.#chargeTotal = chargeTotal;
    this.#isListed = isListed;
    this.#startMs = now;
    this.#lookedMs = now;
  }

  /** Whether the low limit holds, because of a list or of what the session has used. */
  get isSlow(): boolean {
    return this.#isListed || this.#isDowngraded;
  }

  /** Bits per second that it may use now. */
  get rate(): number {
    return this.isSlow ? this.#low.rate : this.#normal.rate;
  }

  /** Whether it has to wait, so that silence is not idleness. */
  waits(now: number): boolean {
    return now < this.#waitsUntilMs;
  }

  /** An address of it has come on the blacklist or has left it. */
  setListed(isListed: boolean): void {
    this.#isListed = isListed;
  }

  /** Counts bytes that are charged where they are moved. */
  note(bytes: number, now: number): void {
    this.#bits += bytes * 8;
    if (now - this.#lookedMs >= WINDOW_MS) this.#look(now);
  }

  /** Charges bytes that were passed on; answers how many milliseconds to wait before the next ones. */
  take(bytes: number, now = performance.now()): number {
    this.note(bytes, now);
    const own = (this.isSlow ? this.#low : this.#normal).charge(bytes, now);
    const waitMs = Math.max(own, this.#chargeTotal(bytes, now));
    this.#waitsUntilMs = Math.max(this.#waitsUntilMs, now + waitMs);
    return waitMs;
  }

  /** Once slowed down a session stays so. */
  #look(now: number): void {
    this.#lookedMs = now;
    const passedMs = now - this.#startMs;
    if (passedMs > this.#ageMs() && this.#bits > passedMs * this.#threshold) {
      this.#isDowngraded = true;
    }
  }
}

function totalBucket({ totalBandwidthMbit }: BandwidthNumbers, now: number): TokenBucket {
  return new TokenBucket(totalBandwidthMbit * BITS_PER_MBIT, now);
}

/** Far above what anything can move. */
export const UNLIMITED: BandwidthNumbers = {
  singleBandwidthMbit: 1e9,
  totalBandwidthMbit: 1e9,
  limitSpeedMbit: 1e9,
  downgradeThreshold: 1,
  downgradeStartCheckMs: 2 ** 31,
};
