import type { Redis } from 'ioredis';
import { keys, PAIR_MS } from './keys.js';
import { Script } from './lua.js';
import { asReplicaId, type ReplicaId } from './replica-id.js';

const claimPair = new Script('claim-pair-1');
const release = new Script('release-1');

/** Which relay replica holds the first leg of a session. */
export class Pairs {
  readonly #redis: Redis;
  readonly #self: ReplicaId;

  constructor(redis: Redis, self: ReplicaId) {
    this.#redis = redis;
    this.#self = self;
  }

  /** The replica whose leg came first: this one (now for PAIR_MS) or the one to carry the leg to. */
  async claim(uuid: string): Promise<ReplicaId> {
    const owner = await claimPair.run(this.#redis, [keys.pair(uuid)], [this.#self, PAIR_MS]);
    return asReplicaId(String(owner));
  }

  async find(uuid: string): Promise<ReplicaId | undefined> {
    const owner = await this.#redis.get(keys.pair(uuid));
    return owner === null ? undefined : asReplicaId(owner);
  }

  /** The session has begun or was given up; another replica's claim is left alone. */
  async release(uuid: string): Promise<void> {
    await release.run(this.#redis, [keys.pair(uuid)], [this.#self]);
  }
}
