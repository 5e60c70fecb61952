import type { Redis } from 'ioredis';
import { keys } from './keys.js';
import { WAITING_MS } from './lifetimes.js';
import { Script } from './lua.js';
import { asReplicaId, type ReplicaId } from './replica-id.js';

const release = new Script('release-n');

/** Which replica holds the connection of a caller that waits for an answer; `caller` is `ip:port` or any other name of it. */
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

  /** The first of these that somebody waits under, and the replica that holds it. */
  async find(
    callers: readonly string[],
  ): Promise<{ readonly caller: string; readonly replica: ReplicaId } | undefined> {
    const replicas = await this.#redis.mget(callers.map(keys.waiting));
    for (const [n, caller] of callers.entries()) {
      const replica = replicas[n];
      if (typeof replica === 'string') return { caller, replica: asReplicaId(replica) };
    }
    return undefined;
  }
}
