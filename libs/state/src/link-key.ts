import { randomBytes } from 'node:crypto';
import type { Redis } from 'ioredis';
import { keys } from './keys.js';

const KEY_BYTES = 32;

/**
 * The secret by which relay replicas know each other. The first relay to ask makes it; if Redis has
 * lost it, the first one to ask again puts its own back.
 */
export class LinkKey {
  readonly #redis: Redis;
  #key = randomBytes(KEY_BYTES);

  constructor(redis: Redis) {
    this.#redis = redis;
  }

  /** 32 bytes; a random value that nobody else has before the first `agree`. */
  get value(): Buffer {
    return this.#key;
  }

  /** To be called at the start and every few seconds. Rejects when Redis cannot be reached. */
  async agree(): Promise<void> {
    await this.#redis.set(keys.linkKey, this.#key.toString('base64'), 'NX');
    const shared = Buffer.from((await this.#redis.get(keys.linkKey)) ?? '', 'base64');
    if (shared.length === KEY_BYTES) this.#key = shared;
  }
}
