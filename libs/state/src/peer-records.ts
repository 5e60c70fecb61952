import type { Redis } from 'ioredis';
import { identityOf, type Identity } from './identities.js';
import { keys } from './keys.js';
import { Script } from './lua.js';
import { PRESENCE_FIELDS, presenceOf, type Presence, type Presences } from './presences.js';

/** What Redis knows of an id: who owns it, and where it is heard. */
export interface PeerRecord {
  readonly identity: Identity | undefined;
  readonly presence: Presence | undefined;
}

const readPeer = new Script('read-peer-2');

/** Reads identity and presence of an id together: the one look-up that a caller waits for. */
export class PeerRecords {
  readonly #redis: Redis;
  readonly #presences: Pick<Presences, 'living'>;

  constructor(redis: Redis, presences: Pick<Presences, 'living'>) {
    this.#redis = redis;
    this.#presences = presences;
  }

  /** One trip to Redis, two if the replica is so new that it is not known here. Rejects when Redis cannot be asked. */
  async find(id: string): Promise<PeerRecord> {
    const names = [keys.identity(id), keys.presence(id)];
    const row = await readPeer.run(this.#redis, names, PRESENCE_FIELDS);
    const [identity, presence] = Array.isArray(row) ? (row as readonly unknown[]) : [];
    const [living] = await this.#presences.living([presenceOf(id, presence)]);
    return { identity: identityOf(id, pairs(identity)), presence: living };
  }
}

/** Lua gives a hash as one list of names and values. */
function pairs(list: unknown): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  if (!Array.isArray(list)) return fields;
  for (let n = 0; n + 1 < list.length; n += 2) fields[String(list[n])] = list[n + 1];
  return fields;
}
