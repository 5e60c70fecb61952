import type { Redis } from 'ioredis';
import type { Identity } from './identities.js';
import { keys } from './keys.js';
import { Script } from './lua.js';
import { presenceOf, type Presence, type Presences } from './presences.js';

/** What Redis knows of an id: what decides whether its peer counts, and where it is heard. */
export interface PeerRecord {
  readonly identity: Pick<Identity, 'pk' | 'signed' | 'ip' | 'disabled'> | undefined;
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
    const row = await readPeer.run(this.#redis, [keys.identity(id), keys.presence(id)], []);
    const [identity, presence] = Array.isArray(row) ? (row as readonly unknown[]) : [];
    const [living] = await this.#presences.living([presenceOf(id, presence)]);
    return { identity: identityOf(identity), presence: living };
  }
}

/** From the values that the script lists. */
function identityOf(row: unknown): PeerRecord['identity'] {
  if (!Array.isArray(row)) return undefined;
  const [guid, pk, signed, ip, disabled] = row as readonly unknown[];
  if (typeof guid !== 'string') return undefined;
  return {
    pk: bytes(pk),
    signed: bytes(signed),
    ip: typeof ip === 'string' ? ip : '',
    disabled: disabled === '1',
  };
}

function bytes(base64: unknown): Buffer {
  return Buffer.from(typeof base64 === 'string' ? base64 : '', 'base64');
}
