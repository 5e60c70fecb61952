import type { Redis } from 'ioredis';
import { keys, LEADER_LEASE_MS } from './keys.js';
import { Script } from './lua.js';
import type { ReplicaId } from './replica-id.js';

const hold = new Script('hold-lease-1');
const release = new Script('release-1');

/** The lease of the one registry that answers calls. */
export class LeaderLease {
  readonly #redis: Redis;
  readonly #self: ReplicaId;

  constructor(redis: Redis, self: ReplicaId) {
    this.#redis = redis;
    this.#self = self;
  }

  /** Takes the lease if it is free, keeps it for LEADER_LEASE_MS if it is ours; true = ours. */
  async hold(): Promise<boolean> {
    const answer = await hold.run(this.#redis, [keys.leader], [this.#self, LEADER_LEASE_MS]);
    return answer === 1;
  }

  /** Lets a standby take over at once. */
  async release(): Promise<void> {
    await release.run(this.#redis, [keys.leader], [this.#self]);
  }
}
