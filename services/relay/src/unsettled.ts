import type { Ticket } from '@waystation/state';
import type { EndReason } from './end-reason.js';
import type { Leg } from './leg.js';

/**
 * How long two legs that are both here wait for Redis to say that their uuid is not used or claimed
 * elsewhere. Beyond it Redis counts as away, and legs of one replica meet without it (design D6).
 */
export const CLAIM_PATIENCE_MS = 250;

/** What becomes of a second leg. */
export interface UnsettledEvents {
  admitted(uuid: string, leg: Leg, ticket: Ticket | undefined): void;
  turnedAway(reason: EndReason, leg: Leg, uuid: string): void;
}

interface Entry {
  /** The leg that waits and whose claim Redis is asked for. */
  first: Leg;
  timer: NodeJS.Timeout;
  second?: { readonly leg: Leg; readonly ticket: Ticket | undefined };
}

/**
 * Uuids that a leg waits with here and of which Redis has not said yet whose they are. A second leg that
 * comes within these milliseconds waits for the answer: else the uuid of a session that has just begun on
 * another replica could join two more legs here until Redis objects.
 */
export class Unsettled {
  readonly #entries = new Map<string, Entry>();
  readonly #earlyBytes: number;
  readonly #events: UnsettledEvents;

  constructor(earlyBytes: number, events: UnsettledEvents) {
    this.#earlyBytes = earlyBytes;
    this.#events = events;
  }

  /** Second legs that wait. */
  get waiting(): number {
    let count = 0;
    for (const { second } of this.#entries.values()) if (second !== undefined) count += 1;
    return count;
  }

  /** Redis is asked whose the uuid is. */
  begin(uuid: string, first: Leg): void {
    const timer = setTimeout(() => this.settle(uuid, first), CLAIM_PATIENCE_MS).unref();
    const entry = this.#entries.get(uuid);
    if (entry === undefined) return void this.#entries.set(uuid, { first, timer });
    // An earlier first leg has left; a second one that waits for it waits for this one now.
    clearTimeout(entry.timer);
    Object.assign(entry, { first, timer });
  }

  /** Redis has answered; what follows from that may take its time. */
  answered(uuid: string, first: Leg): void {
    const entry = this.#entries.get(uuid);
    if (entry?.first === first) clearTimeout(entry.timer);
  }

  /** Takes the second leg of a uuid until it is settled; false when it is. */
  keep(uuid: string, leg: Leg, ticket: Ticket | undefined): boolean {
    const entry = this.#entries.get(uuid);
    if (entry === undefined) return false;
    if (entry.second !== undefined) {
      leg.dismiss('ticket-used');
      this.#events.turnedAway('ticket-used', leg, uuid);
      return true;
    }
    entry.second = { leg, ticket };
    leg.wait(this.#earlyBytes, (reason) => {
      if (entry.second?.leg !== leg) return;
      delete entry.second;
      this.#events.turnedAway(reason, leg, uuid);
    });
    return true;
  }

  /** What Redis said has been followed, or it says nothing: the second leg goes its way. */
  settle(uuid: string, first: Leg): void {
    const entry = this.#entries.get(uuid);
    if (entry?.first !== first) return;
    clearTimeout(entry.timer);
    this.#entries.delete(uuid);
    const { second } = entry;
    delete entry.second;
    if (second !== undefined) this.#events.admitted(uuid, second.leg, second.ticket);
  }

  /** Turns second legs away. */
  dismiss(reason: EndReason, fits: (leg: Leg, uuid: string) => boolean): void {
    for (const [uuid, entry] of this.#entries) {
      const { second } = entry;
      if (second === undefined || !fits(second.leg, uuid)) continue;
      delete entry.second;
      second.leg.dismiss(reason);
      this.#events.turnedAway(reason, second.leg, uuid);
    }
  }
}
