import type { EndReason } from './end-reason.js';
import type { Leg } from './leg.js';
import type { Relay } from './relay.js';
import type { Session, SessionRecord } from './session.js';

/**
 * What is around a relay: rendezvous that announce uuids, and other relays that may hold the partner
 * of a leg. A relay tells it what happens; nothing here may hold up two legs that have met.
 */
export interface Network {
  /** Legs that wait for permission. */
  readonly waiting: number;
  /** A leg with the right key has come; may end in `admitted` or `turnedAway` of the relay. */
  joined(uuid: string, leg: Leg): void;
  /** A leg waits for its partner here. */
  waits(uuid: string, leg: Leg): void;
  /** The leg that waited with this uuid has left or was dismissed. */
  gaveUp(uuid: string): void;
  /** Two legs have met. */
  met(session: Session): void;
  ended(session: Session, record: SessionRecord): void;
  /** Dismisses whoever waits for permission. */
  close(reason: EndReason): void;
}

/** Nothing is around: every leg may be paired, and its partner comes here or not at all. */
export class Alone implements Network {
  readonly waiting = 0;
  readonly #relay: Relay;

  constructor(relay: Relay) {
    this.#relay = relay;
  }

  joined(uuid: string, leg: Leg): void {
    this.#relay.admitted(uuid, leg);
  }

  waits(): void {}

  gaveUp(): void {}

  met(): void {}

  ended(): void {}

  close(): void {}
}
