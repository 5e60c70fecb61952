import type { Meter } from './bandwidth.js';

/** What can be held back. */
interface Source {
  pause(): void;
  resume(): void;
}

/** Holds a source back while what it sends to is full, or its session has used up its bandwidth. */
export class Brake {
  readonly #source: Source;
  readonly #meter: Meter;
  #timer: NodeJS.Timeout | undefined;
  #isFull = false;
  #isOver = false;

  constructor(source: Source, meter: Meter) {
    this.#source = source;
    this.#meter = meter;
  }

  /** So many bytes of the source were passed on. */
  passed(bytes: number): void {
    const waitMs = this.#meter.take(bytes);
    if (waitMs <= 0 || this.#isOver) return;
    clearTimeout(this.#timer);
    this.#source.pause();
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.release();
    }, waitMs).unref();
  }

  /** What it sends to takes no more for now; `drained` follows. */
  full(): void {
    this.#isFull = true;
    this.#source.pause();
  }

  drained(): void {
    this.#isFull = false;
    this.release();
  }

  /** Lets the source go on, unless something still holds it. */
  release(): void {
    if (this.#isFull || this.#isOver || this.#timer !== undefined) return;
    this.#source.resume();
  }

  /** The session is over: nothing is resumed any more. */
  end(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
  }
}
