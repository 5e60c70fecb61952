import type { Redis } from 'ioredis';
import { keys } from './keys.js';
import { RELAY_GRANT_MS } from './lifetimes.js';

/**
 * Which source may ask for a relay to which device, shared by all replicas. `address` is the limiter
 * key of an ip; the value is the relay that the device named, empty before it has answered.
 */
export class RelayGrantStore {
  readonly #redis: Redis;

  constructor(redis: Redis) {
    this.#redis = redis;
  }

  /** The device has named `relay` to this source. */
  async name(address: string, id: string, relay: string): Promise<void> {
    await this.#redis.set(keys.relayGrant(address, id), relay, 'PX', RELAY_GRANT_MS);
  }

  /** A punch request was let through; a relay that is named already stays. */
  async open(address: string, id: string): Promise<void> {
    await this.#redis.set(keys.relayGrant(address, id), '', 'PX', RELAY_GRANT_MS, 'NX');
  }

  /** Undefined without a grant. */
  async find(address: string, id: string): Promise<string | undefined> {
    return (await this.#redis.get(keys.relayGrant(address, id))) ?? undefined;
  }
}
