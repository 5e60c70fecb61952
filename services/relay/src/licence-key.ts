import { createHash, timingSafeEqual } from 'node:crypto';
import type { Log } from '@waystation/ops';
import type { ServerKey } from '@waystation/state';
import { formatKey, parseSecretKey } from '@waystation/wire';
import type { KeyCheck } from './join.js';

/** How often a published key is read again: the registry may have restarted with another one. */
const REFRESH_MS = 10_000;

/**
 * The licence key that a leg must show. KEY `-` or `_` takes the one the registry has published, an
 * empty KEY demands none, the base64 of a 64-byte secret demands its public half, and anything else
 * demands that very text (protocol 5.2).
 */
export class LicenceKey implements KeyCheck {
  readonly #setting: string;
  readonly #source: Pick<ServerKey, 'read' | 'wait'>;
  readonly #log: Log;
  #timer: NodeJS.Timeout | undefined;
  #digest: Buffer | undefined;
  #isOpen = false;

  constructor(setting: string, source: Pick<ServerKey, 'read' | 'wait'>, log: Log) {
    this.#setting = setting;
    this.#source = source;
    this.#log = log;
  }

  /** Learns the key; waits for a registry that is just starting and throws a sentence when there is none. */
  async start(timeoutMs: number): Promise<void> {
    if (this.#setting !== '-' && this.#setting !== '_') {
      const secret = parseSecretKey(this.#setting);
      this.#take(secret === undefined ? this.#setting : formatKey(secret.publicKey));
      return;
    }
    this.#take((await this.#source.wait(timeoutMs)).licenceKey);
    this.#timer = setInterval(() => void this.#refresh(), REFRESH_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Exact and case-sensitive; takes the same time for every wrong key of one length. */
  accepts(licenceKey: string): boolean {
    if (this.#isOpen) return true;
    return this.#digest !== undefined && timingSafeEqual(digestOf(licenceKey), this.#digest);
  }

  async #refresh(): Promise<void> {
    try {
      const facts = await this.#source.read();
      if (facts !== undefined) this.#take(facts.licenceKey);
    } catch (error) {
      // The last key stays: Redis being away must not turn anybody away.
      this.#log.debug('cannot read the server key', { error });
    }
  }

  #take(key: string): void {
    const wasOpen = this.#isOpen;
    this.#isOpen = key === '';
    this.#digest = digestOf(key);
    if (this.#isOpen && !wasOpen) {
      this.#log.warn('no key is demanded: anybody who knows the address can use this relay', {
        remedy: 'remove the empty KEY from the settings',
      });
    }
  }
}

/** Digests have one length, so the comparison tells nothing about the length of the key. */
function digestOf(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}
