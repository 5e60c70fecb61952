import type { Redis } from 'ioredis';
import { keys, WAITING_MS } from './keys.js';
import { Script } from './lua.js';
import { asReplicaId, type ReplicaId } from './replica-id.js';

const release = new Script('release-1');

/** Which replica holds the connection of a caller that waits for an answer; `caller` is `ip:port`. */
export class Waiting {
  readonly #redis: Redis;
  readonly #self: ReplicaId;

  constructor(redis: Redis, self: ReplicaId) {
    this.#redis = redis;
    this.#self = self;
  }

  /** This replica holds the caller, for WAITING_MS from now. */
  async hold(caller: string): Promise<void> {
    await this.#redis.set(keys.waiting(caller), this.#self, 'PX', WAITING_MS);
  }

  /** The caller has its answer or is gone; nothing happens if another replica holds it by now. */
  async release(caller: string): Promise<void> {
    await release.run(this.#redis, [keys.waiting(caller)], [this.#self]);
  }

  async find(caller: string): Promise<ReplicaId | undefined> {
    const replica = await this.#redis.get(keys.waiting(caller));
    return replica === null ? undefined : asReplicaId(replica);
  }
}
