import { silent, type Log } from './log.js';
import type { ReplicaId } from './replica-id.js';
import type { ReplicaInfo, Replicas } from './replicas.js';

const REFRESH_MS = 1_000;

/**
 * The living replicas as seen a second ago, so that hot code asks without Redis. While Redis cannot
 * be asked the last view stays: a paused Redis must not turn every peer offline.
 */
export class LiveReplicas {
  readonly #replicas: Replicas;
  readonly #log: Log;
  #view = new Map<ReplicaId, ReplicaInfo>();
  #timer: NodeJS.Timeout | undefined;
  #looking = false;
  #failed = false;
  #looks = 0;

  constructor(replicas: Replicas, log: Log = silent) {
    this.#replicas = replicas;
    this.#log = log;
  }

  /** Looks once, then every second. */
  async start(): Promise<void> {
    await this.refresh();
    this.#timer = setInterval(() => void this.refresh(), REFRESH_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** How often Redis has answered; the view is as old as the last change of this. */
  get looks(): number {
    return this.#looks;
  }

  isLive(id: ReplicaId): boolean {
    return this.#view.has(id);
  }

  get(id: ReplicaId): ReplicaInfo | undefined {
    return this.#view.get(id);
  }

  /** All living replicas of a service. */
  of(service: string): ReplicaInfo[] {
    return [...this.#view.values()].filter((info) => info.service === service);
  }

  /** Asks Redis about replicas that the view does not know (they may be younger than it). */
  async confirm(ids: readonly ReplicaId[]): Promise<Set<ReplicaId>> {
    return ids.length === 0 ? new Set() : this.#replicas.alive(ids);
  }

  /** Never rejects; a failure keeps the last view. */
  async refresh(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    try {
      const infos = await this.#replicas.live();
      this.#view = new Map(infos.map((info) => [info.id, info]));
      this.#failed = false;
      this.#looks += 1;
    } catch (error) {
      if (!this.#failed) this.#log.warn('cannot read the replicas', { reason: String(error) });
      this.#failed = true;
    } finally {
      this.#looking = false;
    }
  }
}
