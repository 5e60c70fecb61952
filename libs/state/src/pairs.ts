import type { Redis } from 'ioredis';
import { keys, PAIR_MS, USED_TICKET_MS } from './keys.js';
import { Script } from './lua.js';
import { asReplicaId, type ReplicaId } from './replica-id.js';

const claimPair = new Script('claim-pair-2');
const useTicket = new Script('use-ticket-2');
const release = new Script('release-1');

/** Which relay replica holds the first leg of a session, and which uuids are used up. */
export class Pairs {
  readonly #redis: Redis;
  readonly #self: ReplicaId;

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
    await release.run(this.#redis, [keys.pair(uuid)], [this.#self]);
  }

  /**
   * The two legs of `session` (any text of its own) have met: the uuid is used up and the claim ends.
   * False if another session has used it; asking again for the same session is fine.
   */
  async use(uuid: string, session: string): Promise<boolean> {
    const names = [keys.usedTicket(uuid), keys.pair(uuid)];
    const values = [session, this.#self, USED_TICKET_MS];
    return (await useTicket.run(this.#redis, names, values)) === 1;
  }
}
