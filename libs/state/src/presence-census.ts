import type { Redis } from 'ioredis';
import { keys } from './keys.js';
import { answers } from './redis.js';

/** A registered device and the address that the server sees it at. */
export interface SeenPeer {
  readonly id: string;
  readonly ip: string;
}

/** Keys that Redis looks at in one step, and steps at most: a sample, not a count. */
const SCAN_COUNT = 1000;
const MOST_STEPS = 20;

/** Looks at where registered devices appear to be. Reads only, and never the whole of a large fleet. */
export class PresenceCensus {
  readonly #redis: Redis;

  constructor(redis: Redis) {
    this.#redis = redis;
  }

  /** The address of one registered device; undefined when it is not registered. */
  async ipOf(id: string): Promise<string | undefined> {
    return (await this.#redis.hget(keys.presence(id), 'ip')) ?? undefined;
  }

  /** Up to `most` registered devices, whichever Redis comes upon first. */
  async sample(most: number): Promise<SeenPeer[]> {
    const [before, after] = keys.presence('*').split('*');
    const names = new Set<string>();
    let cursor = '0';
    for (let step = 0; step < MOST_STEPS && names.size < most; step++) {
      const found = await this.#redis.scan(
        cursor,
        'MATCH',
        keys.presence('*'),
        'COUNT',
        SCAN_COUNT,
      );
      for (const name of found[1]) names.add(name);
      cursor = found[0];
      if (cursor === '0') break;
    }
    const ids = [...names]
      .slice(0, most)
      .map((name) => name.slice(before?.length, name.length - (after?.length ?? 0)));
    return this.#withAddresses(ids);
  }

  async #withAddresses(ids: readonly string[]): Promise<SeenPeer[]> {
    const pipeline = this.#redis.pipeline();
    for (const id of ids) pipeline.hget(keys.presence(id), 'ip');
    const ips = await answers(pipeline);
    return ids.flatMap((id, index) => {
      const ip = ips[index];
      return typeof ip === 'string' ? [{ id, ip }] : [];
    });
  }
}
