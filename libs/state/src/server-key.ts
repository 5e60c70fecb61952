import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { keys } from './keys.js';

/** What every service may know of the server's key; the secret stays in the registry. */
export interface ServerKeyFacts {
  /** Ed25519, 32 bytes; empty if the server does not sign. */
  readonly publicKey: Buffer;
  /** What clients must send as licence_key; empty = no check. Compare in constant time. */
  readonly licenceKey: string;
  /** False: `pk` fields stay empty and no KeyExchange is possible (protocol 5.2). */
  readonly signs: boolean;
}

/** The server key as the registry has published it. */
export class ServerKey {
  readonly #redis: Redis;

  constructor(redis: Redis) {
    this.#redis = redis;
  }

  async read(): Promise<ServerKeyFacts | undefined> {
    const fields = await this.#redis.hgetall(keys.serverKey);
    if (fields['signs'] === undefined) return undefined;
    return {
      publicKey: Buffer.from(fields['publicKey'] ?? '', 'base64'),
      licenceKey: fields['licenceKey'] ?? '',
      signs: fields['signs'] === 'yes',
    };
  }

  /** Waits until a registry has published it; throws a sentence after `timeoutMs`. */
  async wait(timeoutMs: number): Promise<ServerKeyFacts> {
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      const facts = await this.read().catch(() => undefined);
      if (facts !== undefined) return facts;
      if (performance.now() >= deadline) {
        throw new Error('The registry has not published the server key; is it running?');
      }
      await sleep(100);
    }
  }

  /** Base64 public key that signed all identities; undefined before the first time. */
  async signer(): Promise<string | undefined> {
    return (await this.#redis.hget(keys.serverKey, 'signer')) ?? undefined;
  }

  /** Registry only: all identities are signed by this key now. */
  async setSigner(publicKey: string): Promise<void> {
    await this.#redis.hset(keys.serverKey, 'signer', publicKey);
  }

  /** Registry only. */
  async publish(facts: ServerKeyFacts): Promise<void> {
    await this.#redis.hset(keys.serverKey, {
      publicKey: facts.publicKey.toString('base64'),
      licenceKey: facts.licenceKey,
      signs: facts.signs ? 'yes' : 'no',
    });
  }
}
