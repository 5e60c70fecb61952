import type { Redis } from 'ioredis';
import { keys } from './keys.js';
import { OPS_ADDRESS_MS } from './lifetimes.js';
import { Script } from './lua.js';

/** Where the ops port of one replica answers. */
export interface OpsAddress {
  readonly replica: string;
  readonly service: string;
  /** `host:port`, as whoever collects metrics reaches it. */
  readonly address: string;
}

const announce = new Script('announce-ops-1');
const list = new Script('list-ops-1');

/**
 * The ops ports of all replicas. An entry outlives its replica by OPS_ADDRESS_MS on purpose: what
 * collects metrics then sees a replica that has fallen as one that does not answer. A replica that
 * ends in order takes its entry away.
 */
export class OpsAddresses {
  readonly #redis: Redis;

  constructor(redis: Redis) {
    this.#redis = redis;
  }

  /** Tells an address; to be repeated well within OPS_ADDRESS_MS. */
  async announce({ replica, service, address }: OpsAddress): Promise<void> {
    await announce.run(this.#redis, [keys.opsAddresses], [replica, service, address]);
  }

  async withdraw(replica: string): Promise<void> {
    await this.#redis.hdel(keys.opsAddresses, replica);
  }

  /** All that were told lately, by service and replica. */
  async list(): Promise<OpsAddress[]> {
    const answer = await list.run(this.#redis, [keys.opsAddresses], [OPS_ADDRESS_MS / 1000]);
    const words = Array.isArray(answer) ? answer.map(String) : [];
    const entries: OpsAddress[] = [];
    for (let at = 0; at + 1 < words.length; at += 2) {
      const [, service = '', address = ''] = (words[at + 1] ?? '').split(' ');
      entries.push({ replica: words[at] ?? '', service, address });
    }
    const order = ({ service, replica }: OpsAddress): string => `${service} ${replica}`;
    return entries.sort((a, b) => order(a).localeCompare(order(b)));
  }
}
