import type { Redis } from 'ioredis';
import { silent, type Log } from './log.js';
import { OpsAddresses, type OpsAddress } from './ops-addresses.js';
import { closeRedis, openRedis } from './redis.js';

const BEAT_MS = 5_000;

/** Who tells of itself, and through which Redis. */
export interface BeaconFacts extends OpsAddress {
  readonly redisUrl: string;
  readonly log?: Log;
}

/**
 * Tells every few seconds where this replica's ops port is, over a connection of its own, and
 * measures with the same beats whether Redis answers and how fast.
 */
export class OpsBeacon {
  readonly #facts: BeaconFacts;
  readonly #redis: Redis;
  readonly #addresses: OpsAddresses;
  #timer: NodeJS.Timeout | undefined;
  #beating = false;
  #up = false;
  #roundTripSeconds = 0;

  constructor(facts: BeaconFacts) {
    this.#facts = facts;
    this.#redis = openRedis(facts.redisUrl, `${facts.replica}-ops`, facts.log ?? silent);
    this.#addresses = new OpsAddresses(this.#redis);
    this.#redis.on('ready', () => void this.#beat());
    this.#timer = setInterval(() => void this.#beat(), BEAT_MS).unref();
  }

  /** Whether Redis answered the last beat. */
  get redisUp(): boolean {
    return this.#up;
  }

  /** How long the last answered beat took, in seconds. */
  get roundTripSeconds(): number {
    return this.#roundTripSeconds;
  }

  /** Takes the address away and closes the connection; waits for no Redis that is gone. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#timer = undefined;
    if (this.#redis.status === 'ready') {
      const patience = new Promise((resolve) => setTimeout(resolve, 500).unref());
      const gone = this.#addresses.withdraw(this.#facts.replica).catch(() => undefined);
      await Promise.race([gone, patience]);
    }
    await closeRedis(this.#redis);
  }

  async #beat(): Promise<void> {
    if (this.#beating || this.#timer === undefined) return;
    this.#beating = true;
    const begun = performance.now();
    try {
      await this.#addresses.announce(this.#facts);
      this.#roundTripSeconds = (performance.now() - begun) / 1000;
      this.#up = true;
    } catch {
      // the connection itself logs the loss and the return of Redis
      this.#up = false;
    } finally {
      this.#beating = false;
    }
  }
}

/** Lights the beacon of a replica, for `runService`. */
export function lightBeacon(facts: BeaconFacts): OpsBeacon {
  return new OpsBeacon(facts);
}
