import type { Redis } from 'ioredis';
import { keys } from './keys.js';
import { DAY_MS, MINUTE_MS } from './lifetimes.js';
import { Script } from './lua.js';

/** How many events are accepted; 0 = any number. */
export interface RegistrationLimits {
  /** Registrations of any kind from one address in a minute. */
  readonly perMinute: number;
  /** New ids and failures from one address in a minute. */
  readonly newPerMinute: number;
  /** New ids and failures from one address in a day. */
  readonly newPerDay: number;
  /** New ids and failures from all addresses in a minute. */
  readonly newPerMinuteOverall: number;
}

/** One window: name in the key, address or `all`, events allowed, length. */
type Window = readonly [name: string, address: string, allowed: number, lengthMs: number];

const admit = new Script('admit-registration-n');

/**
 * Counts registrations per address. `address` is the limiter key of an ip (IPv6 by /64). What is
 * refused is not counted, so that trying on does not prolong a refusal.
 */
export class Registrations {
  readonly #redis: Redis;
  readonly #limits: RegistrationLimits;

  constructor(redis: Redis, limits: RegistrationLimits) {
    this.#redis = redis;
    this.#limits = limits;
  }

  /** A known device registers again; false = too many. */
  async admit(address: string): Promise<boolean> {
    return this.#count([this.#any(address)]);
  }

  /** A new id or a failure, which counts as a registration as well; false = too many. */
  async admitNew(address: string): Promise<boolean> {
    const { newPerMinute, newPerDay, newPerMinuteOverall } = this.#limits;
    return this.#count([
      this.#any(address),
      ['new-minute', address, newPerMinute, MINUTE_MS],
      ['new-day', address, newPerDay, DAY_MS],
      ['new-minute', 'all', newPerMinuteOverall, MINUTE_MS],
    ]);
  }

  #any(address: string): Window {
    return ['minute', address, this.#limits.perMinute, MINUTE_MS];
  }

  async #count(windows: readonly Window[]): Promise<boolean> {
    const limited = windows.filter(([, , allowed]) => allowed > 0);
    if (limited.length === 0) return true;
    const names = limited.map(([name, address]) => keys.registrations(name, address));
    const values = limited.flatMap(([, , allowed, lengthMs]) => [allowed, lengthMs]);
    return (await admit.run(this.#redis, names, values)) === 1;
  }
}
