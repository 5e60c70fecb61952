import { createHash } from 'node:crypto';
import type { Redis } from 'ioredis';
import { keys } from './keys.js';

/** Whose login a token is. */
export interface TokenOwner {
  /** Id of the user: the guid in the accounts database. */
  readonly user: string;
  /** Login name, for records. */
  readonly name: string;
}

/** What tokens are known by, here and in the accounts database: lower-case hexadecimal SHA-256. */
export function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

/**
 * The logins that are good right now, as the api tells the rendezvous about them. The token itself is
 * never stored. A login that is missing here is not good, so the api publishes again what Redis has lost.
 */
export class Tokens {
  readonly #redis: Redis;

  constructor(redis: Redis) {
    this.#redis = redis;
  }

  /** For the api: the login is good until `expiresAt` (milliseconds since 1970). */
  async publish(hash: string, owner: TokenOwner, expiresAt: number): Promise<void> {
    const { user, name } = owner;
    await this.#redis.set(keys.token(hash), JSON.stringify({ user, name }), 'PXAT', expiresAt);
  }

  /** For the api: the login is over: logged out, revoked, its user disabled or gone. */
  async revoke(hashes: readonly string[]): Promise<void> {
    await Promise.all(hashes.map((hash) => this.#redis.del(keys.token(hash))));
  }

  /** Undefined for a token that is not good. Rejects when Redis cannot be asked. */
  async find(hash: string): Promise<TokenOwner | undefined> {
    const text = await this.#redis.get(keys.token(hash));
    if (text === null) return undefined;
    const value: unknown = JSON.parse(text);
    return isOwner(value) ? value : undefined;
  }
}

function isOwner(value: unknown): value is TokenOwner {
  if (typeof value !== 'object' || value === null) return false;
  const { user, name } = value as Record<string, unknown>;
  return typeof user === 'string' && user !== '' && typeof name === 'string';
}
