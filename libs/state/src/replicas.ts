import type { Redis } from 'ioredis';
import { jsonObject } from './json-object.js';
import { keys } from './keys.js';
import { LEASE_MS } from './lifetimes.js';
import { Script } from './lua.js';
import { asReplicaId, type ReplicaId } from './replica-id.js';

/** What a replica tells about itself. */
export interface ReplicaInfo {
  readonly id: ReplicaId;
  readonly service: string;
  /** Milliseconds since 1970. */
  readonly started: number;
  readonly version: string;
  /** It takes no new work and will leave. */
  readonly draining: boolean;
  /** Sessions or connections, for choosing the least loaded one. */
  readonly load: number;
  /** Addresses by purpose, as `ip:port` or `host:port`; e.g. `public` and `link` of a relay. */
  readonly addresses: Readonly<Record<string, string>>;
  /** Where it stands, for choosing a near one; empty or missing: nowhere in particular. */
  readonly region?: string;
  /** How much it can take beside others of its service; 1 when missing. */
  readonly capacity?: number;
  /** Grows with every refresh, so that a reader notices silence before the lease has run out. */
  readonly beat?: number;
}

/** `forgotten`: Redis or the registry had given this replica up, so all it announced must be told again. */
export type RefreshOutcome = 'kept' | 'forgotten';

const refresh = new Script('refresh-replica-2');

/** The leases of running replicas. One object announces one replica; reading needs no announcement. */
export class Replicas {
  readonly #redis: Redis;
  #info: ReplicaInfo | undefined;

  constructor(redis: Redis) {
    this.#redis = redis;
  }

  /** Takes the lease (`forgotten` is the rule the first time). Call `refresh` every LEASE_REFRESH_MS afterwards. */
  async announce(info: ReplicaInfo): Promise<RefreshOutcome> {
    this.#info = info;
    return this.refresh();
  }

  /** Keeps the lease for another LEASE_MS; `changes` go into what it says. */
  async refresh(changes: Partial<Omit<ReplicaInfo, 'id'>> = {}): Promise<RefreshOutcome> {
    if (this.#info === undefined) throw new Error('announce comes before refresh');
    const info = { ...this.#info, ...changes, beat: (this.#info.beat ?? 0) + 1 };
    this.#info = info;
    const names = [keys.replica(info.id), keys.replicas];
    const values = [info.id, JSON.stringify(info), LEASE_MS, Date.now()];
    return (await refresh.run(this.#redis, names, values)) === 1 ? 'kept' : 'forgotten';
  }

  /** Ends the lease at once; the registry clears what the replica has left behind. */
  async withdraw(): Promise<void> {
    const info = this.#info;
    this.#info = undefined;
    if (info !== undefined) await this.#redis.del(keys.replica(info.id));
  }

  /** Replicas whose lease lives, all or those of one service. */
  async live(service?: string): Promise<ReplicaInfo[]> {
    const known = await this.known();
    const texts = await this.#leases(known);
    const infos = texts.map(parseReplica).filter((info) => info !== undefined);
    return service === undefined ? infos : infos.filter((info) => info.service === service);
  }

  /** What a living replica says about itself. */
  async find(id: ReplicaId): Promise<ReplicaInfo | undefined> {
    return parseReplica(await this.#redis.get(keys.replica(id)));
  }

  /** Every replica not yet cleared away, alive or dead. */
  async known(): Promise<ReplicaId[]> {
    return (await this.#redis.zrange(keys.replicas, 0, -1)).map(asReplicaId);
  }

  /** Those of `ids` whose lease lives. */
  async alive(ids: readonly ReplicaId[]): Promise<Set<ReplicaId>> {
    const texts = await this.#leases(ids);
    return new Set(ids.filter((_, index) => texts[index] !== null));
  }

  async #leases(ids: readonly ReplicaId[]): Promise<(string | null)[]> {
    return Promise.all(ids.map((id) => this.#redis.get(keys.replica(id))));
  }
}

function parseReplica(text: string | null): ReplicaInfo | undefined {
  const value = jsonObject(text);
  return value !== undefined && isReplicaInfo(value) ? value : undefined;
}

function isReplicaInfo(value: object): value is ReplicaInfo {
  const { id, service, load, addresses } = value as Record<string, unknown>;
  return (
    typeof id === 'string' &&
    typeof service === 'string' &&
    typeof load === 'number' &&
    typeof addresses === 'object' &&
    addresses !== null
  );
}
