import type { Ticket } from '@waystation/state';
import type { EndReason } from './end-reason.js';
import type { Leg } from './leg.js';
import type { RelayLimits } from './limits.js';
import type { RawPath } from './path.js';
import { Session } from './session.js';
import type { SessionRecord } from './session.js';

/** Every running session of this replica. */
export class Sessions {
  readonly #running = new Set<Session>();
  readonly #limits: RelayLimits;
  readonly #rawPath: RawPath;
  readonly #over: (session: Session, record: SessionRecord) => void;
  #timer: NodeJS.Timeout | undefined;
  #emptied: (() => void) | undefined;

  constructor(
    limits: RelayLimits,
    rawPath: RawPath,
    over: (session: Session, record: SessionRecord) => void,
  ) {
    this.#limits = limits;
    this.#rawPath = rawPath;
    this.#over = over;
  }

  get running(): ReadonlySet<Session> {
    return this.#running;
  }

  /** Joins two legs. */
  begin(uuid: string, first: Leg, second: Leg, ticket?: Ticket): Session {
    const parts = { limits: this.#limits, rawPath: this.#rawPath };
    const session = new Session(uuid, first, second, ticket, parts, (ended, record) => {
      this.#running.delete(ended);
      this.#over(ended, record);
      if (this.#running.size === 0) this.#emptied?.();
    });
    this.#running.add(session);
    this.#timer ??= setInterval(() => this.#checkIdle(), this.#limits.idleCheckMs).unref();
    session.start();
    return session;
  }

  /** Waits until the last session is over, at most so long; what still runs then is ended. */
  async drain(limitMs: number): Promise<void> {
    if (this.#running.size > 0) await this.#empty(limitMs);
    clearInterval(this.#timer);
    this.endAll('shutdown');
  }

  endAll(reason: EndReason): void {
    for (const session of [...this.#running]) session.end(reason);
  }

  #empty(limitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, limitMs);
      this.#emptied = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #checkIdle(): void {
    const now = performance.now();
    for (const session of this.#running) session.checkIdle(now, this.#limits.idleMs);
  }
}
