import type { Ticket } from '@waystation/state';
import type { Crossing } from './crossing.js';
import type { EndReason } from './end-reason.js';
import type { Leg, TcpLeg } from './leg.js';
import type { LinkHost, LinkRefusal } from './link-listener.js';
import { LINK_REFUSALS } from './link-listener.js';
import type { Verdict } from './link-messages.js';
import type { Network } from './network.js';
import type { Relay } from './relay.js';
import type { Fits } from './session-choice.js';
import type { Session, SessionRecord } from './session.js';
import type { TicketBook } from './ticket-book.js';
import type { TicketGate } from './ticket-gate.js';
import type { Unsettled } from './unsettled.js';

/** What decides about tickets. */
export interface Ticketing {
  readonly book: TicketBook;
  readonly gate: TicketGate;
  readonly unsettled: Unsettled;
}

/** What a relay among others is made of. */
export interface ClusterParts {
  readonly relay: Relay;
  readonly crossing: Crossing;
  /** Undefined: tickets are off, every leg may be paired. */
  readonly tickets: Ticketing | undefined;
  /** Takes note of a session that is over; `id` is its own. */
  readonly ended: (id: string, session: Session, record: SessionRecord) => void;
  /** A name for a session that no other one has. */
  readonly newId: () => string;
}

/** A relay among others: tickets decide who may be paired, and partners may be on other replicas. */
export class Cluster implements Network, LinkHost {
  /** Links that were turned away, by reason. */
  readonly refusals = new Map<LinkRefusal, number>(LINK_REFUSALS.map((reason) => [reason, 0]));
  readonly #parts: ClusterParts;
  readonly #ids = new WeakMap<Session, string>();

  constructor(parts: ClusterParts) {
    this.#parts = parts;
  }

  get waiting(): number {
    const { tickets } = this.#parts;
    return tickets === undefined ? 0 : tickets.gate.waiting + tickets.unsettled.waiting;
  }

  ticketOf(uuid: string): Ticket | undefined {
    return this.#parts.tickets?.book.ticketOf(uuid);
  }

  announcedMsAgo(uuid: string): number {
    return this.#parts.tickets?.book.announcedMsAgo(uuid) ?? Infinity;
  }

  keeps(uuid: string, leg: Leg, ticket: Ticket | undefined): boolean {
    return this.#parts.tickets?.unsettled.keep(uuid, leg, ticket) ?? false;
  }

  joined(uuid: string, leg: Leg): void {
    const { relay, tickets } = this.#parts;
    if (tickets === undefined) relay.admitted(uuid, leg);
    else tickets.gate.pass(uuid, leg);
  }

  waits(uuid: string, leg: Leg): void {
    const { crossing, tickets } = this.#parts;
    const unsettled = tickets?.unsettled;
    unsettled?.begin(uuid, leg);
    const asked = crossing.seek(uuid, leg, {
      answered: () => unsettled?.answered(uuid, leg),
      away: () => unsettled?.settle(uuid, leg),
    });
    void asked.finally(() => unsettled?.settle(uuid, leg));
  }

  gaveUp(uuid: string): void {
    this.#parts.crossing.release(uuid);
  }

  met(session: Session): void {
    const { crossing, tickets } = this.#parts;
    const { uuid } = session;
    if (tickets === undefined) return crossing.release(uuid);
    tickets.book.use(uuid);
    void crossing.use(uuid, this.nameOf(session), () => session.end('ticket-used'));
  }

  ended(session: Session, record: SessionRecord): void {
    this.#parts.ended(this.nameOf(session), session, record);
  }

  /** A session may end while it begins, so its name is made when it is first needed. */
  nameOf(session: Session): string {
    const name = this.#ids.get(session) ?? this.#parts.newId();
    this.#ids.set(session, name);
    return name;
  }

  dismiss(reason: EndReason, fits: (leg: Leg, uuid: string) => boolean): void {
    this.#parts.tickets?.gate.dismiss(reason, fits);
    this.#parts.tickets?.unsettled.dismiss(reason, fits);
  }

  spend(fits: Fits): void {
    this.#parts.tickets?.book.spend(fits);
  }

  /** A link arrives: its partner has to wait here, for this replica carries nobody further. */
  verdictOn(uuid: string): Verdict {
    const { relay, tickets } = this.#parts;
    if (relay.pairing.holds(uuid)) return 'joined';
    return tickets?.book.find(uuid) === 'used' ? 'used' : 'absent';
  }

  arrived(uuid: string, leg: TcpLeg): void {
    this.#parts.relay.admitted(uuid, leg, this.ticketOf(uuid));
  }

  refused(reason: LinkRefusal): void {
    this.refusals.set(reason, (this.refusals.get(reason) ?? 0) + 1);
  }
}
