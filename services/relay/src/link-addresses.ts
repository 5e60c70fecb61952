import { setTimeout as sleep } from 'node:timers/promises';
import type { LiveReplicas, ReplicaId, Replicas } from '@waystation/state';

/**
 * After Redis has lost its data a living replica is unknown until its next beat, a second later or
 * when it has its connection back; taking it for dead would part two legs that could meet.
 */
const LOOKS = 7;
const BETWEEN_MS = 500;

/** Finds the internal doors of other replicas. */
export class LinkAddresses {
  readonly #live: Pick<LiveReplicas, 'get'>;
  readonly #replicas: Pick<Replicas, 'find'>;

  constructor(live: Pick<LiveReplicas, 'get'>, replicas: Pick<Replicas, 'find'>) {
    this.#live = live;
    this.#replicas = replicas;
  }

  /** `host:port`; undefined when the replica is not alive. Rejects when Redis cannot be asked. */
  async of(replica: ReplicaId): Promise<string | undefined> {
    for (let look = 0; look < LOOKS; look += 1) {
      if (look > 0) await sleep(BETWEEN_MS, undefined, { ref: false });
      const info = this.#live.get(replica) ?? (await this.#replicas.find(replica));
      if (info !== undefined) return info.addresses['link'];
    }
    return undefined;
  }
}
