/**
 * A deadline that moves often. Moving it costs nothing: the timer is armed rarely, and when it fires
 * it asks how much is left and sleeps again. So a read only notes the time.
 */
export class LazyTimer {
  #timer: NodeJS.Timeout | undefined;
  #firesAt = Infinity;
  readonly #remainingMs: () => number;
  readonly #expire: () => void;

  /**
   * @param remainingMs milliseconds until the deadline, zero or less when it has passed, Infinity when there is none
   * @param expire called once, when the deadline has passed
   */
  constructor(remainingMs: () => number, expire: () => void) {
    this.#remainingMs = remainingMs;
    this.#expire = expire;
  }

  /** To be called when the deadline may have come nearer than it was; a later one needs no call. */
  rearm(): void {
    const remaining = this.#remainingMs();
    if (remaining === Infinity) return;
    const firesAt = performance.now() + remaining;
    if (firesAt >= this.#firesAt) return;
    clearTimeout(this.#timer);
    this.#firesAt = firesAt;
    this.#timer = setTimeout(() => this.#fire(), Math.max(1, Math.ceil(remaining)));
    this.#timer.unref();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#firesAt = Infinity;
  }

  #fire(): void {
    this.stop();
    if (this.#remainingMs() <= 0) return this.#expire();
    this.rearm();
  }
}
