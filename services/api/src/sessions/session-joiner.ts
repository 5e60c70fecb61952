import type { AttemptStore } from '../store/attempt-store.js';
import type { ConnAuditTable } from '../store/audit-tables.js';
import type { AttemptTable, SessionTable } from '../store/record-tables.js';
import type { SessionJoins } from '../store/session-joins.js';
import { sessionRow } from './session-row.js';

/** Reports looked at in one round. */
const BATCH = 200;
/** An attempt reaches the database within seconds; a report without one waits for it so long. */
const GRACE_MS = 10_000;
/** A reference is good for this long after its attempt began. */
const REFERENCE_MS = 150_000;
/** A device reports a connection at most so long after the attempt it comes from. */
const NEAR_MS = 60_000;
/** The device's report and the attempt's beginning are both read from servers' clocks. */
const CLOCK_MS = 5_000;
/** Relays tell of what runs once a minute; who was not heard of three times has died. */
const LOST_MS = 190_000;

/**
 * Puts together what different tellers know of one session. A report of a device that carries the
 * reference of an attempt to this very device is proven by it; a report that only fits an attempt by
 * address and time is joined to it and stays a claim.
 */
export class SessionJoiner {
  constructor(
    private readonly joins: SessionJoins,
    private readonly attempts: AttemptStore,
  ) {}

  /** One round; rejects when the database fails, and can simply be repeated. */
  async round(now = Date.now()): Promise<void> {
    for (const report of await this.joins.openReports(BATCH)) await this.#join(report, now);
    await this.joins.fillFromAttempts(now);
    await this.joins.endReported();
    await this.joins.endLost(now - LOST_MS);
  }

  async #join(report: ConnAuditTable, now: number): Promise<void> {
    const proven = await this.#referred(report);
    const attempt = proven ?? (await this.#near(report));
    if (attempt === undefined && now - report.created_at < GRACE_MS) return;
    await this.joins.join(report, claimOf(report, attempt, proven !== undefined));
  }

  async #referred(report: ConnAuditTable): Promise<AttemptTable | undefined> {
    if (report.audit_ref === '') return undefined;
    const attempt = await this.attempts.byName(report.audit_ref);
    if (attempt === undefined || attempt.callee_id !== report.device_id) return undefined;
    if (report.created_at - attempt.started_at > REFERENCE_MS) return undefined;
    return (await this.joins.isFree(attempt.attempt)) ? attempt : undefined;
  }

  #near({ device_id, ip, created_at }: ConnAuditTable): Promise<AttemptTable | undefined> {
    const [from, to] = [created_at - NEAR_MS, created_at + CLOCK_MS];
    return this.attempts.nearest(device_id, ip, from, to);
  }
}

function claimOf(
  report: ConnAuditTable,
  attempt: AttemptTable | undefined,
  isProven: boolean,
): SessionTable {
  return sessionRow({
    guid: attempt?.attempt ?? report.guid,
    attempt: attempt?.attempt ?? '',
    verified: isProven ? 1 : 0,
    caller_id: report.peer_id,
    caller_name: report.peer_name,
    caller_ip: report.ip,
    callee_id: report.device_id,
    conn_type: report.conn_type,
    started_at: report.created_at,
    ended_at: report.ended_at,
    end_reason: report.ended_at === null ? '' : 'reported',
    joined: attempt === undefined ? 1 : 0,
  });
}
