import type { Ticket } from '@waystation/state';
import type { Fits } from './session-choice.js';

/** Longer than a ticket lives and its last leg waits: what is older is of no use to anybody. */
const KEPT_MS = 120_000;
/** At 100 relayed sessions a second on all relays together, four times what KEPT_MS needs. */
const MOST_UUIDS = 50_000;

interface Entry {
  /** Kept when it is used, to say what a late leg was about. */
  readonly ticket: Ticket | undefined;
  readonly isUsed: boolean;
  /** When it was first heard of. */
  readonly sinceMs: number;
  readonly untilMs: number;
}

/**
 * The tickets this replica has heard of and the uuids it knows to be used up, so that a join needs no
 * answer from Redis. The oldest are forgotten first.
 */
export class TicketBook {
  readonly #entries = new Map<string, Entry>();
  readonly #clock: () => number;
  readonly #mostUuids: number;

  /** @param clock milliseconds that never go back */
  constructor(clock: () => number = () => performance.now(), mostUuids = MOST_UUIDS) {
    this.#clock = clock;
    this.#mostUuids = mostUuids;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** A used uuid stays used, whatever is issued for it. */
  keep(ticket: Ticket): void {
    this.#set(ticket.uuid, { ticket, isUsed: this.find(ticket.uuid) === 'used' });
  }

  use(uuid: string): void {
    this.#set(uuid, { ticket: this.ticketOf(uuid), isUsed: true });
  }

  /** Uses up what fits. */
  spend(fits: Fits): void {
    for (const [uuid, { ticket, isUsed }] of [...this.#entries]) {
      if (!isUsed && fits(uuid, ticket)) this.use(uuid);
    }
  }

  /** The ticket, also of a uuid that is used. */
  ticketOf(uuid: string): Ticket | undefined {
    return this.#entries.get(uuid)?.ticket;
  }

  find(uuid: string): Ticket | 'used' | undefined {
    const entry = this.#entries.get(uuid);
    if (entry === undefined || entry.untilMs <= this.#clock()) return undefined;
    return entry.isUsed ? 'used' : entry.ticket;
  }

  /** Infinity when nothing is known of the uuid, any more or yet. */
  announcedMsAgo(uuid: string): number {
    const entry = this.#entries.get(uuid);
    return entry === undefined ? Infinity : this.#clock() - entry.sinceMs;
  }

  #set(uuid: string, facts: Pick<Entry, 'ticket' | 'isUsed'>): void {
    const nowMs = this.#clock();
    const sinceMs = this.#entries.get(uuid)?.sinceMs ?? nowMs;
    this.#entries.delete(uuid);
    this.#entries.set(uuid, { ...facts, sinceMs, untilMs: nowMs + KEPT_MS });
    for (const [oldest, { untilMs }] of this.#entries) {
      if (untilMs > nowMs && this.#entries.size <= this.#mostUuids) return;
      this.#entries.delete(oldest);
    }
  }
}
