import type { Redis } from 'ioredis';
import { keys } from './keys.js';
import { SESSION_EXPECTED_MS } from './lifetimes.js';

/**
 * Ties a live session to the attempt that it came from: the connection by which a caller shows that
 * its session lives names only the user (protocol 6.14) and may reach any replica.
 */
export class ExpectedSessions {
  readonly #redis: Redis;

  constructor(redis: Redis) {
    this.#redis = redis;
  }

  /** The user, at this source (limiter key of its ip), was told to show that its session lives. */
  async expect(source: string, user: string, attempt: string): Promise<void> {
    const key = keys.expectedSession(source, user);
    await this.#redis.set(key, attempt, 'PX', SESSION_EXPECTED_MS);
  }

  /** The attempt that this session comes from, told once; undefined when none is known. */
  async take(source: string, user: string): Promise<string | undefined> {
    return (await this.#redis.getdel(keys.expectedSession(source, user))) ?? undefined;
  }
}
