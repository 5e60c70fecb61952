import type { Ticket } from '@waystation/state';
import type { EndReason } from './end-reason.js';
import type { Leg } from './leg.js';
import type { Relay } from './relay.js';
import type { Fits } from './session-choice.js';
import type { Session, SessionRecord } from './session.js';

/**
 * What is around a relay: rendezvous that announce uuids, and other relays that may hold the partner
 * of a leg. A relay tells it what happens; nothing here may hold up two legs that have met.
 */
export interface Network {
  /** Legs that wait for permission. */
  readonly waiting: number;
  /** The ticket of a uuid, used ones too; undefined when none is known. */
  ticketOf(uuid: string): Ticket | undefined;
  /** Milliseconds since its ticket came; Infinity for a uuid of which none is known. */
  announcedMsAgo(uuid: string): number;
  /** A leg with the right key has come; may end in `admitted` or `turnedAway` of the relay. */
  joined(uuid: string, leg: Leg): void;
  /**
   * Takes the second leg of a uuid that a leg waits with here, if it cannot be said yet that they may
   * meet; ends in `admitted` or `turnedAway` of the relay. False: they may.
   */
  keeps(uuid: string, leg: Leg, ticket: Ticket | undefined): boolean;
  /** A leg waits for its partner here. */
  waits(uuid: string, leg: Leg): void;
  /** The leg that waited with this uuid has left or was dismissed. */
  gaveUp(uuid: string): void;
  /** Two legs have met. */
  met(session: Session): void;
  ended(session: Session, record: SessionRecord): void;
  /** Dismisses those who wait for permission, if they are meant. */
  dismiss(reason: EndReason, fits: (leg: Leg, uuid: string) => boolean): void;
  /** Nobody is to join any more with the uuids that are meant. */
  spend(fits: Fits): void;
}

/** Nothing is around: every leg may be paired, and its partner comes here or not at all. */
export class Alone implements Network {
  readonly waiting = 0;
  readonly #relay: Relay;

  constructor(relay: Relay) {
    this.#relay = relay;
  }

  ticketOf(): undefined {}

  announcedMsAgo(): number {
    return Infinity;
  }

  keeps(): boolean {
    return false;
  }

  joined(uuid: string, leg: Leg): void {
    this.#relay.admitted(uuid, leg);
  }

  waits(): void {}

  gaveUp(): void {}

  met(): void {}

  ended(): void {}

  dismiss(): void {}

  spend(): void {}
}
