// Above the high mark the sender is asked to wait, below the low mark to go on: a test that moves
// gigabytes must not hold them.
const HIGH_BYTES = 4 * 1024 * 1024;
const LOW_BYTES = 1024 * 1024;

/** How an inbox slows its source down. */
export interface Throttle {
  pause(): void;
  resume(): void;
}

/** Payloads that arrived and were not asked for yet; hands them out in order, then tells the end. */
export class Inbox {
  private readonly payloads: Buffer[] = [];
  private readonly waiters: ((payload: Buffer | undefined) => void)[] = [];
  private heldBytes = 0;
  private paused = false;
  private reason: string | undefined;

  constructor(private readonly throttle: Throttle) {}

  /** Why the source ended; undefined while it lives. */
  get endReason(): string | undefined {
    return this.reason;
  }

  /** Payloads that wait to be taken. */
  get size(): number {
    return this.payloads.length;
  }

  /** Adds one payload, or gives it straight to whoever waits longest. */
  push(payload: Buffer): void {
    const waiter = this.waiters.shift();
    if (waiter) {
      waiter(payload);
      return;
    }
    this.payloads.push(payload);
    this.heldBytes += payload.length;
    if (this.paused || this.heldBytes < HIGH_BYTES) return;
    this.paused = true;
    this.throttle.pause();
  }

  /** Nothing more will come; the first reason is kept. */
  end(reason: string): void {
    this.reason ??= reason;
    for (const waiter of this.waiters.splice(0)) waiter(undefined);
  }

  /** The next payload; undefined after the end. Rejects when neither comes within `timeoutMs`. */
  async take(timeoutMs: number, what: string): Promise<Buffer | undefined> {
    const payload = this.payloads.shift();
    if (payload) return this.handOut(payload);
    if (this.reason !== undefined) return undefined;
    return this.wait(timeoutMs, what);
  }

  private handOut(payload: Buffer): Buffer {
    this.heldBytes -= payload.length;
    if (this.paused && this.heldBytes < LOW_BYTES) {
      this.paused = false;
      this.throttle.resume();
    }
    return payload;
  }

  private wait(timeoutMs: number, what: string): Promise<Buffer | undefined> {
    return new Promise((resolve, reject) => {
      const waiter = (payload: Buffer | undefined): void => {
        clearTimeout(timer);
        resolve(payload);
      };
      const timer = setTimeout(() => {
        this.waiters.splice(this.waiters.indexOf(waiter), 1);
        reject(new NothingCame(what, timeoutMs));
      }, timeoutMs);
      this.waiters.push(waiter);
    });
  }
}

/** Nothing arrived in time, though the connection still stands. */
export class NothingCame extends Error {
  constructor(what: string, timeoutMs: number) {
    super(`${what}: nothing came within ${String(timeoutMs)} ms`);
  }
}
