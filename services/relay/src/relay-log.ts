import type { RefusalReason } from '@waystation/net';
import { rateCapped } from '@waystation/ops';
import type { Log } from '@waystation/ops';
import type { Ticket } from '@waystation/state';
import type { EndReason } from './end-reason.js';
import type { Session, SessionRecord } from './session.js';

const REFUSAL_LINES_PER_SECOND = 5;
const SESSION_LINES_PER_SECOND = 50;

/** Nobody was refused: clients that come and go, and strangers that say nothing. */
const COMMON: ReadonlySet<EndReason> = new Set([
  'closed',
  'error',
  'idle',
  'join-timeout',
  'shutdown',
]);

/** What an operator reads of a relay: a line for every session and for every refusal, in bounded numbers. */
export class RelayLog {
  readonly #log: Log;
  readonly #refusals: Log;
  readonly #sessions: Log;

  constructor(log: Log) {
    this.#log = log;
    this.#refusals = rateCapped(log, REFUSAL_LINES_PER_SECOND);
    this.#sessions = rateCapped(log, SESSION_LINES_PER_SECOND);
  }

  /** A connection of which nothing was read. */
  connectionRefused(reason: RefusalReason, ip: string): void {
    this.#refusals.warn('connection refused', { reason, ip });
  }

  /** A leg that ended without a session. */
  legEnded(reason: EndReason, ip: string, uuid?: string, ticket?: Ticket): void {
    const fields = { reason, ip, uuid, ...attemptOf(ticket) };
    if (COMMON.has(reason)) this.#log.debug('leg ended', fields);
    else this.#refusals.warn('leg refused', fields);
  }

  sessionEnded({ first, second, ticket }: Session, record: SessionRecord): void {
    this.#sessions.info('session ended', {
      ...record,
      ...attemptOf(ticket),
      first: `${first.origin.transport} ${first.remote.ip}`,
      second: `${second.origin.transport} ${second.remote.ip}`,
      via: first.origin.via ?? second.origin.via,
    });
  }

  /** What is still to be done before this relay can end. */
  draining(left: Readonly<Record<string, number>>): void {
    this.#log.info('draining', left);
  }

  /** The time to drain is over and this much was cut off. */
  cut(left: Readonly<Record<string, number>>): void {
    this.#log.warn('the time to drain is over, what is left is ended', left);
  }
}

function attemptOf(ticket: Ticket | undefined): { attempt?: string; callee?: string } {
  return ticket === undefined ? {} : { attempt: ticket.attempt, callee: ticket.callee };
}
