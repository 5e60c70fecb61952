import { setTimeout as sleep } from 'node:timers/promises';
import { AddressLimit } from '@waystation/net';
import type { Ticket, Tickets } from '@waystation/state';
import type { EndReason } from './end-reason.js';
import type { Leg } from './leg.js';
import type { RelayLimits } from './limits.js';
import type { TicketBook } from './ticket-book.js';

/**
 * A callee may be here before the rendezvous has handled its answer, so a leg waits this long for its
 * ticket (design D7).
 */
export const LATE_TICKET_MS = 5_000;
/** Tickets come unasked; only one that was issued while we did not listen needs to be looked up. */
const LOOKS_MS = [0, 500, 2_000, 4_500];
/**
 * Patience of the last look. A process that stood still for seconds finds its timers due before it has read
 * the ticket that came meanwhile, so nobody is refused without it.
 */
const LAST_LOOK_MS = 1_000;

/** What becomes of those at the gate. */
export interface GateEvents {
  admitted(uuid: string, leg: Leg, ticket: Ticket): void;
  turnedAway(reason: EndReason, leg: Leg, uuid: string): void;
}

interface Guest {
  readonly leg: Leg;
  readonly timers: readonly NodeJS.Timeout[];
}

/** Lets legs in whose uuid a rendezvous has announced and no session has used. */
export class TicketGate {
  readonly #limits: RelayLimits;
  readonly #book: TicketBook;
  readonly #tickets: Pick<Tickets, 'find'>;
  readonly #events: GateEvents;
  readonly #guests = new Map<string, Set<Guest>>();
  readonly #perAddress: AddressLimit;
  readonly #lateMs: number;
  #waiting = 0;

  constructor(
    limits: RelayLimits,
    book: TicketBook,
    tickets: Pick<Tickets, 'find'>,
    events: GateEvents,
    lateMs = LATE_TICKET_MS,
  ) {
    this.#limits = limits;
    this.#book = book;
    this.#tickets = tickets;
    this.#events = events;
    this.#perAddress = new AddressLimit(limits.waitingPerAddress);
    this.#lateMs = lateMs;
  }

  /** Legs that wait for their ticket. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Lets the leg in, now or when its ticket is there, or turns it away. */
  pass(uuid: string, leg: Leg): void {
    const ticket = this.#book.find(uuid);
    if (ticket === 'used') return this.#refuse(uuid, leg, 'ticket-used');
    if (ticket !== undefined) return this.#events.admitted(uuid, leg, ticket);
    const { waitingTotal } = this.#limits;
    const isFull = waitingTotal > 0 && this.#waiting >= waitingTotal;
    if (isFull || !this.#perAddress.take(leg.remote.ip)) {
      return this.#refuse(uuid, leg, 'waiting-full');
    }
    this.#hold(uuid, leg);
  }

  /** A ticket has been issued. */
  heard(ticket: Ticket): void {
    this.#book.keep(ticket);
    const guests = this.#guests.get(ticket.uuid);
    if (guests === undefined) return;
    for (const guest of [...guests]) {
      this.#leave(ticket.uuid, guest);
      this.pass(ticket.uuid, guest.leg);
    }
  }

  /** Turns those away who wait here and are meant. */
  dismiss(reason: EndReason, fits: (leg: Leg, uuid: string) => boolean): void {
    for (const [uuid, guests] of [...this.#guests]) {
      for (const guest of [...guests]) {
        if (!fits(guest.leg, uuid)) continue;
        this.#leave(uuid, guest);
        this.#refuse(uuid, guest.leg, reason);
      }
    }
  }

  #hold(uuid: string, leg: Leg): void {
    const looks = LOOKS_MS.filter((ms) => ms < this.#lateMs);
    const tooLate = (): void => void this.#lookOnceMore(uuid, guest);
    const timers = looks.map((ms) => setTimeout(() => void this.#look(uuid), ms).unref());
    const guest: Guest = { leg, timers: [...timers, setTimeout(tooLate, this.#lateMs).unref()] };
    const guests = this.#guests.get(uuid) ?? new Set();
    this.#guests.set(uuid, guests.add(guest));
    this.#waiting += 1;
    leg.wait(this.#limits.earlyBytes, (reason) => {
      if (!guests.has(guest)) return;
      this.#leave(uuid, guest);
      this.#events.turnedAway(reason, leg, uuid);
    });
  }

  async #look(uuid: string): Promise<void> {
    try {
      const ticket = await this.#tickets.find(uuid);
      if (ticket !== undefined && this.#guests.has(uuid)) this.heard(ticket);
    } catch {
      // Redis is away: the ticket may still come with a later look.
    }
  }

  async #lookOnceMore(uuid: string, guest: Guest): Promise<void> {
    const patience = sleep(LAST_LOOK_MS, undefined, { ref: false });
    await Promise.race([this.#look(uuid), patience]);
    if (this.#guests.get(uuid)?.has(guest) !== true) return;
    this.#leave(uuid, guest);
    this.#refuse(uuid, guest.leg, 'no-ticket');
  }

  #leave(uuid: string, guest: Guest): void {
    for (const timer of guest.timers) clearTimeout(timer);
    const guests = this.#guests.get(uuid);
    if (guests?.delete(guest) !== true) return;
    if (guests.size === 0) this.#guests.delete(uuid);
    this.#waiting -= 1;
    this.#perAddress.release(guest.leg.remote.ip);
  }

  #refuse(uuid: string, leg: Leg, reason: EndReason): void {
    leg.dismiss(reason);
    this.#events.turnedAway(reason, leg, uuid);
  }
}
