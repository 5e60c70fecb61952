import type { Redis } from 'ioredis';
import { keys } from './keys.js';
import { Script } from './lua.js';
import type { ReplicaId } from './replica-id.js';
import type { Replicas } from './replicas.js';

/**
 * A lease may be missing this long before its replica counts as dead for good: after an outage of
 * Redis every lease has run out, though every replica lives and will refresh within seconds.
 */
const GRACE_MS = 15_000;
const BATCH = 500;

const clear = new Script('clear-replica-n');

/** A replica that was cleared away. */
export interface ClearedReplica {
  readonly replica: ReplicaId;
  /** Presences removed; peers that moved to another replica are not among them. */
  readonly presences: number;
}

/** Clears what dead replicas have left; for the registry only. */
export class DeadReplicas {
  readonly #redis: Redis;
  readonly #replicas: Replicas;
  readonly #graceMs: number;
  #missingSince = new Map<ReplicaId, number>();

  constructor(redis: Redis, replicas: Replicas, graceMs = GRACE_MS) {
    this.#redis = redis;
    this.#replicas = replicas;
    this.#graceMs = graceMs;
  }

  /** Call every few seconds. Rejects when Redis cannot be asked; the next call goes on. */
  async clear(): Promise<ClearedReplica[]> {
    const now = performance.now();
    const missing = await this.#missing();
    this.#missingSince = new Map(missing.map((id) => [id, this.#missingSince.get(id) ?? now]));
    const cleared: ClearedReplica[] = [];
    for (const [replica, since] of this.#missingSince) {
      if (now - since < this.#graceMs) continue;
      const presences = await this.#clearOne(replica);
      if (presences >= 0) cleared.push({ replica, presences });
    }
    return cleared;
  }

  async #missing(): Promise<ReplicaId[]> {
    const known = await this.#replicas.known();
    const alive = await this.#replicas.alive(known);
    return known.filter((id) => !alive.has(id));
  }

  /** In batches, so that Redis serves others in between; -1 if the replica came back. */
  async #clearOne(replica: ReplicaId): Promise<number> {
    const owned = keys.presences(replica);
    const fixed = [keys.replica(replica), keys.replicas, owned];
    let presences = 0;
    for (;;) {
      const ids = await this.#redis.srandmember(owned, BATCH);
      const names = [...fixed, ...ids.map((id) => keys.presence(id))];
      const removed = Number(await clear.run(this.#redis, names, [replica, ...ids]));
      if (removed < 0) return -1;
      presences += removed;
      if (ids.length < BATCH) return presences;
    }
  }
}
