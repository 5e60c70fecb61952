import type { Redis } from 'ioredis';
import { Gathered } from './gathered.js';
import { keys } from './keys.js';
import { PAIR_MS, USED_TICKET_MS } from './lifetimes.js';
import { Script } from './lua.js';
import { asReplicaId, type ReplicaId } from './replica-id.js';

const claimPair = new Script('claim-pair-2');
const useTickets = new Script('use-tickets-n');
const release = new Script('release-n');

/** A claim that ends, or a ticket that is used up, this much later makes no difference: the claim still stands. */
const GATHER_MS = 10;

interface Use {
  readonly uuid: string;
  readonly session: string;
}

/** Which relay replica holds the first leg of a session, and which uuids are used up. */
export class Pairs {
  readonly #redis: Redis;
  readonly #self: ReplicaId;
  readonly #releases = new Gathered(
    (uuids: readonly string[]) => this.#releaseAll(uuids),
    GATHER_MS,
  );
  readonly #uses = new Gathered((uses: readonly Use[]) => this.#useAll(uses), GATHER_MS);

  constructor(redis: Redis, self: ReplicaId) {
    this.#redis = redis;
    this.#self = self;
  }

  /**
   * The replica whose leg came first: this one (now for `lifeMs`) or the one to carry the leg to;
   * `used` when a session has used the uuid up. The claim of `insteadOf`, a replica that was found
   * dead or without a leg, does not count.
   */
  async claim(
    uuid: string,
    { insteadOf = '', lifeMs = PAIR_MS }: { insteadOf?: ReplicaId | ''; lifeMs?: number } = {},
  ): Promise<ReplicaId | 'used'> {
    this.#releases.hurry(uuid);
    const names = [keys.pair(uuid), keys.usedTicket(uuid)];
    const owner = await claimPair.run(this.#redis, names, [this.#self, lifeMs, insteadOf]);
    return owner === '' ? 'used' : asReplicaId(String(owner));
  }

  async find(uuid: string): Promise<ReplicaId | undefined> {
    const owner = await this.#redis.get(keys.pair(uuid));
    return owner === null ? undefined : asReplicaId(owner);
  }

  /** The session has begun or was given up; another replica's claim is left alone. */
  async release(uuid: string): Promise<void> {
    await this.#releases.ask(uuid);
  }

  /**
   * The two legs of `session` (any text of its own) have met: the uuid is used up and the claim ends.
   * False if another session has used it; asking again for the same session is fine.
   */
  async use(uuid: string, session: string): Promise<boolean> {
    return (await this.#uses.ask({ uuid, session })) === 1;
  }

  async #releaseAll(uuids: readonly string[]): Promise<number[]> {
    const names = uuids.map((uuid) => keys.pair(uuid));
    return numbers(await release.run(this.#redis, names, [this.#self]));
  }

  async #useAll(uses: readonly Use[]): Promise<number[]> {
    const names = uses.flatMap(({ uuid }) => [keys.usedTicket(uuid), keys.pair(uuid)]);
    const sessions = uses.map(({ session }) => session);
    const values = [this.#self, USED_TICKET_MS, ...sessions];
    return numbers(await useTickets.run(this.#redis, names, values));
  }
}

function numbers(answer: unknown): number[] {
  return Array.isArray(answer) ? answer.map(Number) : [];
}
