import { Ring } from './ring.js';

/** Life of a slot. Only the thread that is named writes the transition. */
export const SlotState = {
  /** Nobody's; Node may take it. */
  free: 0,
  /** Node filled in the descriptors and ordered their adoption; Node still owns them. */
  offered: 1,
  /** The pump thread owns the descriptors. */
  running: 2,
  /** The pump thread closed everything; Node reads the result and frees the slot. */
  ended: 3,
} as const;

/** Orders of Node to the pump thread, bits in a slot's `orders` word. */
export const Order = { adopt: 1, kill: 2, rate: 4, leave: 8 } as const;

/** Words of a slot in `words`. */
export const Word = {
  state: 0,
  orders: 1,
  fdA: 2,
  fdB: 3,
  reason: 4,
  by: 5,
  exempt: 6,
} as const;

/** Numbers of a slot in `numbers`: byte counts, ms on the clock of clock.ts, bits per second. */
export const Figure = { aToB: 0, bToA: 1, lastByteAt: 2, rate: 3, idleMs: 4 } as const;

const WORDS_PER_SLOT = 8;
const FIGURES_PER_SLOT = 8;

/** Words and figures about the whole pump. */
const Whole = { asleep: 0, announced: 1, stopping: 2 } as const;
const WholeFigure = { totalRate: 0, relayedBytes: 1, foreignBytes: 2, chargedBytes: 3 } as const;
const HEADER_BYTES = 128;

/**
 * The memory that Node's thread and the pump thread share: one slot per pair, a ring of slots with
 * new orders, a ring of slots that ended. 96 bytes and two ring entries per slot; untouched pages
 * of a fresh SharedArrayBuffer cost nothing, so a high capacity is free until it is used.
 *
 * Figures are plain doubles with one writer each. An aligned 64-bit store is one instruction on
 * both architectures, so a reader sees an old or a new count, never half of one.
 */
export class SharedMemory {
  readonly words: Int32Array<SharedArrayBuffer>;
  readonly figures: Float64Array<SharedArrayBuffer>;
  readonly orders: Ring;
  readonly ended: Ring;
  readonly #whole: Int32Array<SharedArrayBuffer>;
  readonly #wholeFigures: Float64Array<SharedArrayBuffer>;

  /** A fresh block for `capacity` pairs (a power of two). */
  static allocate(capacity: number): SharedArrayBuffer {
    const slots = capacity * (WORDS_PER_SLOT * 4 + FIGURES_PER_SLOT * 8);
    return new SharedArrayBuffer(HEADER_BYTES + slots + 2 * Ring.bytes(capacity));
  }

  constructor(
    readonly buffer: SharedArrayBuffer,
    readonly capacity: number,
  ) {
    const figuresAt = HEADER_BYTES;
    const wordsAt = figuresAt + capacity * FIGURES_PER_SLOT * 8;
    const ordersAt = wordsAt + capacity * WORDS_PER_SLOT * 4;
    this.#whole = new Int32Array(buffer, 0, 8);
    this.#wholeFigures = new Float64Array(buffer, 64, 8);
    this.figures = new Float64Array(buffer, figuresAt, capacity * FIGURES_PER_SLOT);
    this.words = new Int32Array(buffer, wordsAt, capacity * WORDS_PER_SLOT);
    this.orders = new Ring(buffer, ordersAt, capacity);
    this.ended = new Ring(buffer, ordersAt + Ring.bytes(capacity), capacity);
  }

  word(slot: number, word: number): number {
    return Atomics.load(this.words, slot * WORDS_PER_SLOT + word);
  }

  setWord(slot: number, word: number, value: number): void {
    Atomics.store(this.words, slot * WORDS_PER_SLOT + word, value);
  }

  /** True for the one caller that moved the slot's state from `from` to `to`. */
  changeState(slot: number, from: number, to: number): boolean {
    const at = slot * WORDS_PER_SLOT + Word.state;
    return Atomics.compareExchange(this.words, at, from, to) === from;
  }

  figure(slot: number, figure: number): number {
    return this.figures[slot * FIGURES_PER_SLOT + figure] ?? 0;
  }

  setFigure(slot: number, figure: number, value: number): void {
    this.figures[slot * FIGURES_PER_SLOT + figure] = value;
  }

  /** The index in `figures` of one figure of a slot, for code that updates it per chunk. */
  figureIndex(slot: number, figure: number): number {
    return slot * FIGURES_PER_SLOT + figure;
  }

  /**
   * Node's side: adds an order to a slot and, when none was waiting there, an entry to the ring.
   * An adoption replaces whatever was left over for the slot's former pair.
   */
  order(slot: number, order: number): void {
    const at = slot * WORDS_PER_SLOT + Word.orders;
    const before =
      order === Order.adopt
        ? Atomics.exchange(this.words, at, order)
        : Atomics.or(this.words, at, order);
    if (before === 0) this.orders.push(slot);
  }

  /** The pump's side: takes all orders of a slot that the ring named. */
  takeOrders(slot: number): number {
    return Atomics.exchange(this.words, slot * WORDS_PER_SLOT + Word.orders, 0);
  }

  /** The pump's side: says that it is about to sleep, so that an order must ring the bell. */
  fallAsleep(): void {
    Atomics.store(this.#whole, Whole.asleep, 1);
  }

  awake(): void {
    Atomics.store(this.#whole, Whole.asleep, 0);
  }

  /** Node's side: true when the pump sleeps and this caller is the one to wake it. */
  claimWakeUp(): boolean {
    return Atomics.exchange(this.#whole, Whole.asleep, 0) === 1;
  }

  /** The pump's side: true when Node has not been told yet that something ended. */
  claimAnnouncement(): boolean {
    return Atomics.exchange(this.#whole, Whole.announced, 1) === 0;
  }

  /** Node's side, before it reads the ring of ended slots. */
  hearAnnouncement(): void {
    Atomics.store(this.#whole, Whole.announced, 0);
  }

  get stopping(): boolean {
    return Atomics.load(this.#whole, Whole.stopping) === 1;
  }

  orderStop(): void {
    Atomics.store(this.#whole, Whole.stopping, 1);
  }

  /** Bits per second for all pairs together, 0 = no limit. Written by Node. */
  get totalRate(): number {
    return this.#wholeFigures[WholeFigure.totalRate] ?? 0;
  }

  set totalRate(bitsPerSecond: number) {
    this.#wholeFigures[WholeFigure.totalRate] = bitsPerSecond;
  }

  /** Bytes that the pump moved in its life. Written by the pump. */
  get relayedBytes(): number {
    return this.#wholeFigures[WholeFigure.relayedBytes] ?? 0;
  }

  set relayedBytes(bytes: number) {
    this.#wholeFigures[WholeFigure.relayedBytes] = bytes;
  }

  /** Those of them that fall under the total limit. Written by the pump. */
  get chargedBytes(): number {
    return this.#wholeFigures[WholeFigure.chargedBytes] ?? 0;
  }

  set chargedBytes(bytes: number) {
    this.#wholeFigures[WholeFigure.chargedBytes] = bytes;
  }

  /** Bytes that others moved under the same total limit. Written by Node. */
  get foreignBytes(): number {
    return this.#wholeFigures[WholeFigure.foreignBytes] ?? 0;
  }

  set foreignBytes(bytes: number) {
    this.#wholeFigures[WholeFigure.foreignBytes] = bytes;
  }
}
