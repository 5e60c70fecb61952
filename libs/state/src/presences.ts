import type { Redis } from 'ioredis';
import { keys } from './keys.js';
import type { LiveReplicas } from './live-replicas.js';
import { Script } from './lua.js';
import { answers } from './redis.js';
import { asReplicaId, type ReplicaId } from './replica-id.js';

/** How a peer is reached. */
export type PresenceKind = 'udp' | 'tcp' | 'ws';

/** Where a peer is heard. */
export interface Presence {
  readonly id: string;
  readonly replica: ReplicaId;
  readonly kind: PresenceKind;
  readonly ip: string;
  readonly port: number;
  /** Tells one stay on one replica from every other; see nextGeneration. */
  readonly generation: number;
  /** Milliseconds since 1970. */
  readonly since: number;
}

/** What a replica tells about a peer it hears. */
export type Appearance = Pick<Presence, 'kind' | 'ip' | 'port' | 'generation'>;

/** The stay that an appearance ended: send `evict` to its replica if that is not this one. */
export type Displaced = Pick<Presence, 'replica' | 'generation'>;

const appear = new Script('appear-1');
const disappear = new Script('disappear-2');
const move = new Script('move-presence-1');
const noteVersion = new Script('note-version-1');
/** What is read of a presence, in this order; the script read-peer names them too. */
const PRESENCE_FIELDS = ['replica', 'kind', 'ip', 'port', 'generation', 'since'] as const;

let lastGeneration = 0;

/** A number no other stay of a peer in this process has; later ones are larger. */
export function nextGeneration(): number {
  lastGeneration = Math.max(lastGeneration + 1, Date.now() * 1000);
  return lastGeneration;
}

/**
 * Which replica hears which peer. Written when something changes, never per heartbeat. It has no
 * ttl: a presence counts only while the lease of its replica lives, and the read side here sees to it.
 */
export class Presences {
  readonly #redis: Redis;
  readonly #self: ReplicaId;
  readonly #replicas: LiveReplicas;

  constructor(redis: Redis, self: ReplicaId, replicas: LiveReplicas) {
    this.#redis = redis;
    this.#self = self;
    this.#replicas = replicas;
  }

  /** This replica hears the peer now. Returns the stay it replaces, if that was another one. */
  async appear(id: string, seen: Appearance): Promise<Displaced | undefined> {
    const values = [this.#self, seen.kind, seen.ip, seen.port, seen.generation, Date.now()];
    // The set first: a presence without its entry there would never be cleared after a crash.
    const [, before] = await Promise.all([
      this.#redis.sadd(keys.presences(this.#self), id),
      appear.run(this.#redis, [keys.presence(id)], values),
    ]);
    if (!Array.isArray(before)) return undefined;
    const [replica, generation] = before.map(String);
    return { replica: asReplicaId(replica ?? ''), generation: Number(generation) };
  }

  /**
   * A stay that has appeared is told again: its address has changed, or Redis had lost it. False if
   * another stay has begun since, which is left alone: the peer has moved on.
   */
  async move(id: string, seen: Appearance): Promise<boolean> {
    const values = [this.#self, seen.kind, seen.ip, seen.port, seen.generation, Date.now()];
    const [, moved] = await Promise.all([
      this.#redis.sadd(keys.presences(this.#self), id),
      move.run(this.#redis, [keys.presence(id)], values),
    ]);
    return moved === 1;
  }

  /** The peer is gone from here. False if it has another stay by now, which is left alone. */
  async disappear(id: string, generation: number): Promise<boolean> {
    const names = [keys.presence(id), keys.presences(this.#self)];
    return (await disappear.run(this.#redis, names, [this.#self, generation, id])) === 1;
  }

  /** A peer's answer told its client version; kept until it is offline. */
  async noteVersion(id: string, version: string): Promise<void> {
    await noteVersion.run(this.#redis, [keys.presence(id)], [version]);
  }

  /** Empty when it is not known. */
  async versionOf(id: string): Promise<string> {
    return (await this.#redis.hget(keys.presence(id), 'version')) ?? '';
  }

  /** Where the peer is heard; undefined when it is offline. Rejects when Redis cannot be asked. */
  async find(id: string): Promise<Presence | undefined> {
    const [presence] = await this.findMany([id]);
    return presence;
  }

  /** In the order of `ids`; one round trip, two if a replica is so new that it is not known here. */
  async findMany(ids: readonly string[]): Promise<(Presence | undefined)[]> {
    return this.living(await this.#readMany(ids));
  }

  /** Those of them that count: the lease of their replica lives. */
  async living(found: readonly (Presence | undefined)[]): Promise<(Presence | undefined)[]> {
    const unknown = new Set<ReplicaId>();
    for (const presence of found) {
      if (presence && !this.#isLive(presence.replica)) unknown.add(presence.replica);
    }
    if (unknown.size === 0) return [...found];
    const alive = await this.#replicas.confirm([...unknown]);
    return found.map((presence) => {
      if (presence === undefined) return undefined;
      return this.#isLive(presence.replica) || alive.has(presence.replica) ? presence : undefined;
    });
  }

  /** Every id that Redis lists for this replica, to compare with what memory holds. */
  async announced(): Promise<string[]> {
    return this.#redis.smembers(keys.presences(this.#self));
  }

  #isLive(replica: ReplicaId): boolean {
    return replica === this.#self || this.#replicas.isLive(replica);
  }

  async #readMany(ids: readonly string[]): Promise<(Presence | undefined)[]> {
    const pipeline = this.#redis.pipeline();
    for (const id of ids) pipeline.hmget(keys.presence(id), ...PRESENCE_FIELDS);
    const rows = await answers(pipeline);
    return ids.map((id, index) => presenceOf(id, rows[index]));
  }
}

/** A presence from PRESENCE_FIELDS in their order. */
export function presenceOf(id: string, row: unknown): Presence | undefined {
  if (!Array.isArray(row)) return undefined;
  const [replica, kind, ip, port, generation, since] = row as readonly unknown[];
  if (typeof replica !== 'string' || typeof ip !== 'string') return undefined;
  return {
    id,
    replica: asReplicaId(replica),
    kind: kind === 'tcp' || kind === 'ws' ? kind : 'udp',
    ip,
    port: Number(port),
    generation: Number(generation),
    since: Number(since),
  };
}
