import type { Redis } from 'ioredis';
import { jsonObject } from './json-object.js';
import { keys } from './keys.js';
import { TICKET_MS } from './lifetimes.js';

/** Permission to join one relay session. */
export interface Ticket {
  readonly uuid: string;
  /** Address of the caller, `ip:port`. */
  readonly caller: string;
  /** Id of the caller, where it is known: stock clients do not tell theirs when they call. */
  readonly callerId?: string;
  /** Id of the callee. */
  readonly callee: string;
  /** Ip of the callee as the rendezvous knows it. */
  readonly calleeIp?: string;
  /** Guid of the user as whom the caller is logged in, where that was looked up. */
  readonly user?: string;
  /** The attempt that it belongs to, for logs and session records. */
  readonly attempt: string;
  /** A look of the prober: nobody's session, so it gets no record. */
  readonly isProbe?: boolean;
}

const FIELDS = ['uuid', 'caller', 'callee', 'attempt'] as const;
const OPTIONAL_FIELDS = ['callerId', 'calleeIp', 'user'] as const;

/** Tickets: a rendezvous issues them, a relay pairs only uuids that have one. */
export class Tickets {
  readonly #redis: Redis;

  constructor(redis: Redis) {
    this.#redis = redis;
  }

  /** Good for TICKET_MS; issuing again starts that time anew. Relays that listen hear of it at once. */
  async issue(ticket: Ticket): Promise<void> {
    const text = JSON.stringify(ticket);
    const [stored] = await Promise.all([
      this.#redis.set(keys.ticket(ticket.uuid), text, 'PX', TICKET_MS),
      this.#redis.publish(keys.tickets, text),
    ]);
    if (stored !== 'OK') throw new Error('Redis did not store the ticket');
  }

  async find(uuid: string): Promise<Ticket | undefined> {
    return parseTicket(await this.#redis.get(keys.ticket(uuid)));
  }
}

/**
 * Hears of every ticket that is issued, for as long as `subscriber` lives; after an outage of Redis
 * it goes on by itself, and what was issued meanwhile has to be looked up. `subscriber` must be a
 * connection of its own.
 */
export async function hearTickets(
  subscriber: Redis,
  heard: (ticket: Ticket) => void,
): Promise<void> {
  subscriber.on('message', (channel: string, text: string) => {
    const ticket = channel === keys.tickets ? parseTicket(text) : undefined;
    if (ticket !== undefined) heard(ticket);
  });
  await subscriber.subscribe(keys.tickets);
}

/** What is no ticket of ours admits nobody. */
function parseTicket(text: string | null): Ticket | undefined {
  const value = jsonObject(text);
  return value !== undefined && isTicket(value) ? value : undefined;
}

function isTicket(value: object): value is Ticket {
  const fields = value as Record<string, unknown>;
  return (
    FIELDS.every((name) => typeof fields[name] === 'string') &&
    OPTIONAL_FIELDS.every((name) => ['string', 'undefined'].includes(typeof fields[name]))
  );
}
