import type { SharedMemory } from './shared-memory.js';
import { Figure, Order } from './shared-memory.js';
import { monotonicMs } from './clock.js';
import type { PumpEnd } from './pump-end.js';

/** What a pair carried, frozen when it ended because its slot may serve another pair by then. */
interface FinalFigures {
  readonly bytesAtoB: number;
  readonly bytesBtoA: number;
  readonly lastByteAt: number;
}

/** A pair in the pump's care, as Node sees it. Reading its figures costs no call and no wake-up. */
export class PumpedPair {
  readonly #shared: SharedMemory;
  readonly #slot: number;
  readonly #order: (slot: number, order: number) => void;
  #detail: string | undefined;
  #final: FinalFigures | undefined;

  /** Made by `Pump.adopt`. */
  constructor(
    shared: SharedMemory,
    slot: number,
    order: (slot: number, order: number) => void,
    readonly onEnd: (end: PumpEnd) => void,
  ) {
    this.#shared = shared;
    this.#slot = slot;
    this.#order = order;
  }

  /** Bytes taken from A for B so far. */
  get bytesAtoB(): number {
    return this.#final?.bytesAtoB ?? this.#shared.figure(this.#slot, Figure.aToB);
  }

  get bytesBtoA(): number {
    return this.#final?.bytesBtoA ?? this.#shared.figure(this.#slot, Figure.bToA);
  }

  /** Milliseconds since the last byte in either direction. */
  get idleMs(): number {
    const at = this.#final?.lastByteAt ?? this.#shared.figure(this.#slot, Figure.lastByteAt);
    return Math.max(0, monotonicMs() - at);
  }

  get ended(): boolean {
    return this.#final !== undefined;
  }

  /** Closes both legs soon; `onEnd` hears `killed` with this detail. */
  close(detail: string): void {
    if (this.#final !== undefined) return;
    this.#detail ??= detail;
    this.#order(this.#slot, Order.kill);
  }

  /**
   * Takes nothing more from either client, hands out what was taken and then closes: after two seconds at
   * the latest. `onEnd` hears `killed` with this detail.
   */
  finish(detail: string): void {
    if (this.#final !== undefined) return;
    this.#detail ??= detail;
    this.#order(this.#slot, Order.leave);
  }

  /** Limits both directions together to so many bits per second (protocol 7.6), 0 = no limit. */
  setRate(bitsPerSecond: number): void {
    if (this.#final !== undefined) return;
    this.#shared.setFigure(this.#slot, Figure.rate, bitsPerSecond);
    this.#order(this.#slot, Order.rate);
  }

  /** The pump's side: keeps the figures for whoever asks later and reports the end. */
  conclude(reason: PumpEnd['reason'], by: PumpEnd['by']): void {
    const { bytesAtoB, bytesBtoA } = this;
    const lastByteAt = this.#shared.figure(this.#slot, Figure.lastByteAt);
    this.#final = { bytesAtoB, bytesBtoA, lastByteAt };
    const detail = reason === 'killed' ? this.#detail : undefined;
    this.onEnd({ reason, by, detail, bytesAtoB, bytesBtoA });
  }
}
