import { AddressLimit } from './address-limit.js';
import type { ListenOptions, RefusalReason } from './listen-options.js';

/** Decides by address alone who may come in, before a byte is parsed (protocol 9.2 rule 7). */
export class Doorkeeper {
  readonly #limit: AddressLimit;
  readonly #options: ListenOptions;
  #inside = 0;

  constructor(options: ListenOptions) {
    this.#options = options;
    this.#limit = new AddressLimit(options.maxPerAddress);
  }

  /** Connections that were admitted and have not left. */
  get inside(): number {
    return this.#inside;
  }

  /** Takes a place for the address, or reports why it may not come in. Pair it with `leave`. */
  admit(ip: string): boolean {
    if (this.#options.isBlocked?.(ip) === true) return this.refuse('blocked', ip);
    if (!this.#limit.take(ip)) return this.refuse('address-limit', ip);
    this.#inside += 1;
    return true;
  }

  leave(ip: string): void {
    this.#inside -= 1;
    this.#limit.release(ip);
  }

  /** Reports a refusal; always false, so that it can end a check. */
  refuse(reason: RefusalReason, ip: string): false {
    this.#options.refused?.(reason, ip);
    return false;
  }
}
