import { limiterKey } from '@waystation/wire';

/** Counts what one address holds at this moment (IPv6 by /64) and refuses more than the limit. */
export class AddressLimit {
  readonly #held = new Map<string, number>();

  /** @param limit most that one address may hold; 0 is no limit */
  constructor(readonly limit: number) {}

  /** Takes one place for the address; false when it has no place left. */
  take(ip: string): boolean {
    if (this.limit === 0) return true;
    const key = limiterKey(ip);
    const held = this.#held.get(key) ?? 0;
    if (held >= this.limit) return false;
    this.#held.set(key, held + 1);
    return true;
  }

  /** Gives back one place taken with `take`. */
  release(ip: string): void {
    if (this.limit === 0) return;
    const key = limiterKey(ip);
    const held = this.#held.get(key) ?? 0;
    if (held > 1) this.#held.set(key, held - 1);
    if (held <= 1) this.#held.delete(key);
  }

  /** Addresses that hold at least one place. */
  get addresses(): number {
    return this.#held.size;
  }
}
