import type { Redis } from 'ioredis';
import { keys, TICKET_MS } from './keys.js';

/** Permission to join a relay session. */
export interface Ticket {
  readonly uuid: string;
  /** Address of the caller, `ip:port`; empty if the callee asked. */
  readonly caller: string;
  /** Id of the callee. */
  readonly callee: string;
  /** The attempt that it belongs to, for logs and session records. */
  readonly attempt: string;
}

/** Tickets: a rendezvous issues them, a relay pairs only uuids that have one. */
export class Tickets {
  readonly #redis: Redis;

  constructor(redis: Redis) {
    this.#redis = redis;
  }

  /** Good for TICKET_MS; issuing again starts that time anew. */
  async issue(ticket: Ticket): Promise<void> {
    await this.#redis.set(keys.ticket(ticket.uuid), JSON.stringify(ticket), 'PX', TICKET_MS);
  }

  async find(uuid: string): Promise<Ticket | undefined> {
    const text = await this.#redis.get(keys.ticket(uuid));
    if (text === null) return undefined;
    const value: unknown = JSON.parse(text);
    return isTicket(value) ? value : undefined;
  }
}

function isTicket(value: unknown): value is Ticket {
  if (typeof value !== 'object' || value === null) return false;
  const fields = value as Record<string, unknown>;
  return ['uuid', 'caller', 'callee', 'attempt'].every((name) => typeof fields[name] === 'string');
}
