import type { Redis } from 'ioredis';
import { keys } from './keys.js';
import { LEADER_LEASE_MS } from './lifetimes.js';
import { Script } from './lua.js';
import type { ReplicaId } from './replica-id.js';

const hold = new Script('hold-lease-1');
const release = new Script('release-n');

/** The lease of the one replica that does what only one may do; by default of the registry that answers calls. */
export class LeaderLease {
  readonly #redis: Redis;
  readonly #self: ReplicaId;
  readonly #key: string;
  readonly #lifeMs: number;

  constructor(
    redis: Redis,
    self: ReplicaId,
    key: string = keys.leader,
    lifeMs: number = LEADER_LEASE_MS,
  ) {
    this.#redis = redis;
    this.#self = self;
    this.#key = key;
    this.#lifeMs = lifeMs;
  }

  /** Takes the lease if it is free, keeps it for its life if it is ours; true = ours. */
  async hold(): Promise<boolean> {
    return (await hold.run(this.#redis, [this.#key], [this.#self, this.#lifeMs])) === 1;
  }

  /** Lets a standby take over at once. */
  async release(): Promise<void> {
    await release.run(this.#redis, [this.#key], [this.#self]);
  }
}
