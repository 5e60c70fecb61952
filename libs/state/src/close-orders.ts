import type { Redis } from 'ioredis';
import { keys } from './keys.js';
import { CLOSE_ORDER_MS } from './lifetimes.js';
import { answers } from './redis.js';

/** Orders that Redis keeps, roughly: far more than operators give while a relay is cut off. */
const KEPT_ORDERS = 1_000;

/** An order as Redis keeps it. */
export interface KeptOrder {
  readonly id: string;
  /** Milliseconds since it was given, by the clock of Redis. */
  readonly ageMs: number;
  /** What was ordered; undefined when it cannot be read. */
  readonly order: unknown;
}

/**
 * Orders to end sessions. They are kept, because a relay that is cut off from Redis when one is given has to
 * find it when it is back; whoever gives one tells it by the event `closeSession`. Everything rejects when Redis cannot be asked.
 */
export class CloseOrders {
  constructor(private readonly redis: Redis) {}

  async give(order: object): Promise<void> {
    const name = keys.closeOrders;
    const text = JSON.stringify(order);
    const given = this.redis.multi().xadd(name, 'MAXLEN', '~', KEPT_ORDERS, '*', 'order', text);
    await answers(given.pexpire(name, CLOSE_ORDER_MS));
  }

  /** The id of the newest order; empty when none is kept. */
  async newestId(): Promise<string> {
    const [newest] = await this.redis.xrevrange(keys.closeOrders, '+', '-', 'COUNT', 1);
    return newest?.[0] ?? '';
  }

  /**
   * The orders given after the one of this id, the oldest first. All of them when none is, though the newest
   * is another one: Redis was emptied and its clock has gone back.
   */
  async after(id: string): Promise<KeptOrder[]> {
    const newestId = await this.newestId();
    if (newestId === id || newestId === '') return [];
    const later = await this.#from(id === '' ? '-' : `(${id}`);
    return later.length > 0 ? later : this.#from('-');
  }

  async #from(start: string): Promise<KeptOrder[]> {
    const read = this.redis.multi().xrange(keys.closeOrders, start, '+').time();
    const [entries, time] = (await answers(read)) as [[string, string[]][], [string, string]];
    const nowMs = Number(time[0]) * 1000 + Math.floor(Number(time[1]) / 1000);
    return entries.map(([id, fields]) => {
      const givenMs = Number(id.split('-')[0]);
      return { id, ageMs: Math.max(0, nowMs - givenMs), order: parsed(fields[1] ?? '') };
    });
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not written by us; whoever reads orders leaves it out.
    return undefined;
  }
}
