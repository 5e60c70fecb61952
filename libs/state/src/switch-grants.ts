import { createHash } from 'node:crypto';
import type { Redis } from 'ioredis';
import { keyTable } from './key-table.js';
import { keys } from './keys.js';
import { SWITCH_TAKEN_MS } from './lifetimes.js';
import { Script } from './lua.js';

const take = new Script('take-switch-grant-2');

/** Text in front of a switch code before it is hashed, as clients do it (protocol 6.13). */
const VERIFIER_PREFIX = 'switch-grant-verifier\0';

/** The verifier of a switch code: base64 of a SHA-256. */
export function switchVerifier(switchCode: string): string {
  return createHash('sha256').update(`${VERIFIER_PREFIX}${switchCode}`).digest('base64');
}

/**
 * Permissions to connect back after "switch sides". A grant is taken once; the source that took it
 * may come back with the same code for SWITCH_TAKEN_MS, because a client repeats its request and
 * sends the code again when it asks for a relay.
 */
export class SwitchGrants {
  readonly #redis: Redis;

  constructor(redis: Redis) {
    this.#redis = redis;
  }

  /** For the api: the device `id` has signed for this verifier. Good for `ttlMs`, by default 30 s. */
  async add(
    id: string,
    verifier: string,
    ttlMs: number = keyTable.switchGrant.ttlMs,
  ): Promise<void> {
    await this.#redis.set(keys.switchGrant(id, verifier), '1', 'PX', ttlMs, 'NX');
  }

  /** True when `source` (limiter key of its ip) may connect to `id`. Rejects when Redis cannot be asked. */
  async take(id: string, verifier: string, source: string): Promise<boolean> {
    const names = [keys.switchGrant(id, verifier), keys.switchTaken(id, verifier)];
    return (await take.run(this.#redis, names, [source, SWITCH_TAKEN_MS])) === 1;
  }
}
