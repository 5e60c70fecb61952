import { createHash } from 'node:crypto';
import type { Redis } from 'ioredis';
import { jsonObject } from './json-object.js';
import { keys } from './keys.js';
import { answers } from './redis.js';

/** Whose login a token is. */
export interface TokenOwner {
  /** Id of the user: the guid in the accounts database. */
  readonly user: string;
  /** Login name, for records. */
  readonly name: string;
}

/** A login as the api publishes it. */
export interface PublishedLogin {
  /** See hashToken. */
  readonly hash: string;
  readonly owner: TokenOwner;
  /** When it ends by itself, milliseconds since 1970. */
  readonly expiresAt: number;
}

/** Keys that Redis looks at in one step of a walk: short enough to hold nobody up. */
const SCAN_COUNT = 1000;

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
    await this.publishAll([{ hash, owner, expiresAt }]);
  }

  /** The same for many. Lives are counted by our own clock: Redis may run on another machine. */
  async publishAll(logins: readonly PublishedLogin[]): Promise<void> {
    const now = Date.now();
    const pipeline = this.#redis.pipeline();
    for (const { hash, owner, expiresAt } of logins) {
      const { user, name } = owner;
      if (expiresAt <= now) pipeline.del(keys.token(hash));
      else pipeline.set(keys.token(hash), JSON.stringify({ user, name }), 'PX', expiresAt - now);
    }
    await answers(pipeline);
  }

  /** For the api: the login is over: logged out, revoked, its user disabled or gone. */
  async revoke(hashes: readonly string[]): Promise<void> {
    const pipeline = this.#redis.pipeline();
    for (const hash of hashes) pipeline.del(keys.token(hash));
    await answers(pipeline);
  }

  /** How many milliseconds each is still good here; negative when it is not. */
  async remaining(hashes: readonly string[]): Promise<number[]> {
    const pipeline = this.#redis.pipeline();
    for (const hash of hashes) pipeline.pttl(keys.token(hash));
    return (await answers(pipeline)) as number[];
  }

  /** Everything that is published, in portions; what changes meanwhile may be missed or come twice. */
  async *all(): AsyncGenerator<string[]> {
    const prefix = keys.token('');
    let cursor = '0';
    do {
      const step = await this.#redis.scan(cursor, 'MATCH', `${prefix}*`, 'COUNT', SCAN_COUNT);
      cursor = step[0];
      if (step[1].length > 0) yield step[1].map((key) => key.slice(prefix.length));
    } while (cursor !== '0');
  }

  /** Undefined for a token that is not good. Rejects when Redis cannot be asked. */
  async find(hash: string): Promise<TokenOwner | undefined> {
    const value = jsonObject(await this.#redis.get(keys.token(hash)));
    return value !== undefined && isOwner(value) ? value : undefined;
  }
}

function isOwner(value: object): value is TokenOwner {
  const { user, name } = value as Record<string, unknown>;
  return typeof user === 'string' && user !== '' && typeof name === 'string';
}
