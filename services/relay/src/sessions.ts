import { AddressLimit } from '@waystation/net';
import type { Ticket } from '@waystation/state';
import type { Meter } from './bandwidth.js';
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
  readonly #perAddress: AddressLimit;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    limits: RelayLimits,
    rawPath: RawPath,
    over: (session: Session, record: SessionRecord) => void,
  ) {
    this.#limits = limits;
    this.#rawPath = rawPath;
    this.#over = over;
    this.#perAddress = new AddressLimit(limits.sessionsPerAddress);
  }

  get running(): ReadonlySet<Session> {
    return this.#running;
  }

  /** Joins two legs; undefined, with both as they were, when the address of one has too many sessions. */
  begin(uuid: string, first: Leg, second: Leg, meter: Meter, ticket?: Ticket): Session | undefined {
    if (!this.#take(first, second)) return undefined;
    const parts = { limits: this.#limits, rawPath: this.#rawPath };
    const session = new Session(uuid, first, second, ticket, meter, parts, (ended, record) => {
      this.#running.delete(ended);
      for (const { remote } of [first, second]) this.#perAddress.release(remote.ip);
      this.#over(ended, record);
    });
    this.#running.add(session);
    this.#timer ??= setInterval(() => this.#checkIdle(), this.#limits.idleCheckMs).unref();
    session.start();
    return session;
  }

  /** Ends the sessions that are meant; says how many. */
  endAll(reason: EndReason, isMeant: (session: Session) => boolean): number {
    const meant = [...this.#running].filter(isMeant);
    for (const session of meant) session.end(reason);
    return meant.length;
  }

  /** Ends everything. */
  close(reason: EndReason): void {
    clearInterval(this.#timer);
    this.endAll(reason, () => true);
  }

  #take(first: Leg, second: Leg): boolean {
    if (!this.#perAddress.take(first.remote.ip)) return false;
    if (this.#perAddress.take(second.remote.ip)) return true;
    this.#perAddress.release(first.remote.ip);
    return false;
  }

  #checkIdle(): void {
    const now = performance.now();
    for (const session of this.#running) session.checkIdle(now, this.#limits.idleMs);
  }
}
