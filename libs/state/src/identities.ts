import type { Redis } from 'ioredis';
import { idOfIdentityKey, keys } from './keys.js';
import { answers } from './redis.js';

/** Who owns an id. */
export interface Identity {
  readonly id: string;
  /** Names the device for ever, also after a rename; 32 hex digits. */
  readonly guid: string;
  readonly uuid: Buffer;
  /** The device's Ed25519 public key, 32 bytes; empty if it never told one. */
  readonly pk: Buffer;
  /** crypto_sign(IdPk{id, pk}) by the server key; empty without a signing key or without pk. */
  readonly signed: Buffer;
  /** Where the device last registered from. */
  readonly ip: string;
  /** Milliseconds since 1970. */
  readonly created: number;
  /** The id before the last rename. */
  readonly renamedFrom?: string;
  /** An operator has shut the device out. */
  readonly disabled: boolean;
  /** False: the device asked to stay off device lists (`no_register_device`). */
  readonly listed: boolean;
}

/** Reads identities. Only the registry writes them. */
export class Identities {
  readonly #redis: Redis;

  constructor(redis: Redis) {
    this.#redis = redis;
  }

  /** Exact, case-sensitive. Rejects when Redis cannot be asked: that is not "unknown". */
  async get(id: string): Promise<Identity | undefined> {
    return identityOf(id, await this.#redis.hgetall(keys.identity(id)));
  }

  /** In the order of `ids`. */
  async getMany(ids: readonly string[]): Promise<(Identity | undefined)[]> {
    const pipeline = this.#redis.pipeline();
    for (const id of ids) pipeline.hgetall(keys.identity(id));
    const rows = await answers(pipeline);
    return ids.map((id, index) => identityOf(id, rows[index]));
  }

  /** All of them in batches of about `batch`; one that changes meanwhile may come twice. */
  async *all(batch = 500): AsyncGenerator<Identity[]> {
    let cursor = '0';
    do {
      const [next, names] = await this.#redis.scan(cursor, 'MATCH', 'identity:{*', 'COUNT', batch);
      cursor = next;
      const ids = names.map(idOfIdentityKey).filter((id) => id !== undefined);
      const found = await this.getMany(ids);
      yield found.filter((identity) => identity !== undefined);
    } while (cursor !== '0');
  }
}

/** An identity from the fields of its hash. */
export function identityOf(id: string, row: unknown): Identity | undefined {
  const fields = row as Partial<Record<string, string>>;
  if (fields['guid'] === undefined) return undefined;
  const renamedFrom = fields['renamedFrom'];
  return {
    id,
    guid: fields['guid'],
    uuid: Buffer.from(fields['uuid'] ?? '', 'base64'),
    pk: Buffer.from(fields['pk'] ?? '', 'base64'),
    signed: Buffer.from(fields['signed'] ?? '', 'base64'),
    ip: fields['ip'] ?? '',
    created: Number(fields['created'] ?? 0),
    ...(renamedFrom === undefined ? {} : { renamedFrom }),
    disabled: fields['disabled'] === '1',
    listed: fields['listed'] !== '0',
  };
}
