import type { Log } from '@waystation/ops';
import type { Pairs, ReplicaId } from '@waystation/state';
import { Bandwidth, UNLIMITED } from './bandwidth.js';
import type { Leg, TcpLeg } from './leg.js';
import type { LinkDialer } from './link-dialer.js';
import type { Relay } from './relay.js';

const UNMETERED = new Bandwidth(UNLIMITED);
/** Between two tries to tell Redis something while it is away. */
const RETRY_MS = 1_000;
/** An owner that has left, or lost its leg, is replaced; more often than this it is not bad luck. */
const TRIES = 3;
/** Sessions whose uuid Redis does not know to be used up yet. */
const MOST_UNTOLD = 10_000;
/** After this long the ticket has ended by itself. */
const TELL_FOR_MS = 120_000;

/** What became of attempts to bring a leg to another replica. */
export const CROSSINGS = ['carried', 'too-late', 'absent', 'unreachable'] as const;
export type CrossingOutcome = (typeof CROSSINGS)[number];

/** What happens while Redis is asked whose a uuid is. */
export interface Asking {
  /** Redis has answered, for the first time or again. */
  answered(): void;
  /** Redis cannot be asked now. */
  away(): void;
}

/** What crossings need of the rest. */
export interface CrossingParts {
  readonly self: ReplicaId;
  readonly relay: Relay;
  readonly pairs: Pick<Pairs, 'claim' | 'release' | 'use'>;
  readonly dialer: Pick<LinkDialer, 'offer'>;
  /** Address of a replica's internal door; undefined when it is not known to live. */
  readonly linkOf: (replica: ReplicaId) => Promise<string | undefined>;
  /** Another session turned out to have used the uuid. */
  readonly usedUp: (uuid: string) => void;
  /** How long a leg waits, and so its claim. */
  readonly waitMs: number;
  readonly log: Log;
}

/**
 * Finds the partner of a leg that nobody waits for here: the first leg claims its uuid in Redis, a
 * later one on another replica is carried to the first one's (design D6). The leg waits here all the
 * while, so that a partner that comes here needs no answer from Redis.
 */
export class Crossing {
  readonly outcomes = new Map<CrossingOutcome, number>(CROSSINGS.map((outcome) => [outcome, 0]));
  readonly #parts: CrossingParts;
  #untold = 0;

  constructor(parts: CrossingParts) {
    this.#parts = parts;
  }

  /** A leg waits here. Never rejects. */
  async seek(uuid: string, leg: Leg, asking: Asking): Promise<void> {
    const { self } = this.#parts;
    let insteadOf: ReplicaId | '' = '';
    for (let tries = 0; tries < TRIES; tries += 1) {
      const owner = await this.#claim(uuid, leg, insteadOf, asking);
      if (owner === undefined || owner === self) return;
      if (owner === 'used') return this.#usedUp(uuid);
      if (await this.#carry(uuid, leg, owner)) return;
      insteadOf = owner;
    }
  }

  /** The leg that waited here is gone. */
  release(uuid: string): void {
    const { pairs, log } = this.#parts;
    pairs.release(uuid).catch((error: unknown) => {
      log.debug('a claim ends only by itself', { uuid, error });
    });
  }

  /** Two legs have met here. `taken` is called if another session has used the uuid before. */
  async use(uuid: string, session: string, taken: () => void): Promise<void> {
    if (this.#untold >= MOST_UNTOLD) return;
    this.#untold += 1;
    const endMs = performance.now() + TELL_FOR_MS;
    while (performance.now() < endMs) {
      try {
        if (!(await this.#parts.pairs.use(uuid, session))) taken();
        break;
      } catch {
        // Redis is away; it has to know before the ticket could be used again somewhere else.
        await pause();
      }
    }
    this.#untold -= 1;
  }

  /** The owner of the uuid; undefined when the leg does not wait any more. */
  async #claim(
    uuid: string,
    leg: Leg,
    insteadOf: ReplicaId | '',
    asking: Asking,
  ): Promise<ReplicaId | 'used' | undefined> {
    const { pairs, relay, self, waitMs } = this.#parts;
    while (relay.pairing.holds(uuid, leg)) {
      try {
        const owner = await pairs.claim(uuid, { insteadOf, lifeMs: waitMs });
        asking.answered();
        if (relay.pairing.holds(uuid, leg)) return owner;
        // It left, or met its partner here, while the claim was on its way.
        if (owner === self && !relay.pairing.holds(uuid)) this.release(uuid);
      } catch {
        // Redis is away: partners that come here are found without it.
        asking.away();
        await pause();
      }
    }
    return undefined;
  }

  /** False when the owner has no leg to meet. */
  async #carry(uuid: string, leg: Leg, owner: ReplicaId): Promise<boolean> {
    const { relay, log } = this.#parts;
    const link = await this.#offer(uuid, leg, owner).catch((error: unknown) => {
      log.warn('a relay replica cannot be reached', { replica: owner, reason: String(error) });
      this.#count('unreachable');
      return undefined;
    });
    if (link === undefined) return false;
    if (link === 'absent') this.#count('absent');
    if (link === 'absent' || link === 'used') {
      if (link === 'used') this.#usedUp(uuid);
      return link === 'used';
    }
    if (relay.pairing.holds(uuid, leg)) {
      relay.pairing.take(uuid);
      // What it may use is the business of the replica that it is carried to.
      relay.carried.begin(uuid, leg, link, UNMETERED.meter(false));
      this.#count('carried');
      return true;
    }
    link.dismiss();
    this.#count('too-late');
    return true;
  }

  async #offer(uuid: string, leg: Leg, owner: ReplicaId): Promise<TcpLeg | 'absent' | 'used'> {
    const { dialer, linkOf, self } = this.#parts;
    const address = await linkOf(owner);
    if (address === undefined) throw new Error('it is not alive, or tells no address');
    const { remote, transport, isCaller } = leg.origin;
    return dialer.offer(address, {
      uuid,
      from: self,
      to: owner,
      ...remote,
      transport,
      isCaller,
    });
  }

  #usedUp(uuid: string): void {
    this.#parts.usedUp(uuid);
    this.#parts.relay.pairing.dismiss(uuid, 'ticket-used');
  }

  #count(outcome: CrossingOutcome): void {
    this.outcomes.set(outcome, (this.outcomes.get(outcome) ?? 0) + 1);
  }
}

function pause(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, RETRY_MS).unref();
  });
}
