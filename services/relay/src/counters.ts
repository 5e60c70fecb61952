import { REFUSAL_REASONS, type RefusalReason } from '@waystation/net';
import type { Metrics } from '@waystation/ops';
import { END_REASONS } from './end-reason.js';
import type { EndReason } from './end-reason.js';
import type { Path } from './path.js';
import type { Session, SessionRecord } from './session.js';

/** What the gauges look at. */
export interface Levels {
  readonly running: ReadonlySet<Session>;
  /** Legs carried to another replica. */
  readonly carried: ReadonlySet<Session>;
  readonly waiting: number;
  readonly unheard: number;
}

type Paths = Record<Path['kind'], number>;

/** What this relay counts, in plain fields that the metrics page reads. */
export class Counters {
  readonly #sessions: Paths = { pumped: 0, raw: 0, framed: 0 };
  readonly #endedBytes: Paths = { pumped: 0, raw: 0, framed: 0 };
  #carriedLegs = 0;
  #carriedBytes = 0;
  readonly #sessionEnds = new Map<EndReason, number>(END_REASONS.map((reason) => [reason, 0]));
  readonly #legEnds = new Map<EndReason, number>(END_REASONS.map((reason) => [reason, 0]));
  readonly #refusals = new Map<RefusalReason, number>(REFUSAL_REASONS.map((reason) => [reason, 0]));

  /** A leg that came to its end without a session. */
  legEnded(reason: EndReason): void {
    add(this.#legEnds, reason);
  }

  /** A socket that was closed before anything of it was read. */
  refused(reason: RefusalReason): void {
    add(this.#refusals, reason);
  }

  sessionEnded({ path, reason, bytes }: SessionRecord): void {
    this.#sessions[path] += 1;
    this.#endedBytes[path] += bytes;
    add(this.#sessionEnds, reason);
  }

  /** A leg that was carried to another replica has ended; the session counts there. */
  carriedEnded({ bytes }: SessionRecord): void {
    this.#carriedLegs += 1;
    this.#carriedBytes += bytes;
  }

  offer(metrics: Metrics, levels: Levels): void {
    metrics.gaugeOf('relay_sessions', 'Running sessions', () => levels.running.size);
    const slow =
      'Running sessions held to LIMIT_SPEED, by the blacklist or for what they have used';
    metrics.gaugeOf('relay_slowed_sessions', slow, () =>
      [...levels.running].reduce((count, { meter }) => count + (meter.isSlow ? 1 : 0), 0),
    );
    metrics.gaugeOf('relay_waiting_legs', 'Legs that wait for a partner', () => levels.waiting);
    metrics.gaugeOf(
      'relay_unheard_connections',
      'Connections without a first message',
      () => levels.unheard,
    );
    metrics.countersOf(
      'relay_sessions_total',
      'Sessions that are over, by the way bytes were moved',
      ['path'],
      () => samples('path', Object.entries(this.#sessions)),
    );
    metrics.countersOf('relay_bytes_total', 'Bytes moved between clients', ['path'], () =>
      samples('path', Object.entries(this.#moved(levels.running))),
    );
    this.#offerCarried(metrics, levels);
    this.#offerEnds(metrics);
  }

  #offerCarried(metrics: Metrics, { carried }: Levels): void {
    const legs = 'Legs that were carried to the replica of their partner and are over';
    metrics.gaugeOf('relay_carried', 'Legs being carried to another replica', () => carried.size);
    metrics.counterOf('relay_carried_legs_total', legs, () => this.#carriedLegs);
    metrics.counterOf('relay_carried_bytes_total', 'Bytes of carried legs, both ways', () =>
      [...carried].reduce((sum, { bytes }) => sum + bytes, this.#carriedBytes),
    );
  }

  #offerEnds(metrics: Metrics): void {
    metrics.countersOf('relay_session_ends_total', 'Ended sessions, by reason', ['reason'], () =>
      samples('reason', this.#sessionEnds),
    );
    metrics.countersOf(
      'relay_leg_ends_total',
      'Legs that ended without a session, by reason',
      ['reason'],
      () => samples('reason', this.#legEnds),
    );
    metrics.countersOf(
      'relay_refused_connections_total',
      'Connections closed before anything of them was read, by reason',
      ['reason'],
      () => samples('reason', this.#refusals),
    );
  }

  #moved(running: ReadonlySet<Session>): Paths {
    const moved = { ...this.#endedBytes };
    for (const session of running) moved[session.path] += session.bytes;
    return moved;
  }
}

function add<K>(counts: Map<K, number>, key: K): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function samples<L extends string>(label: L, counts: Iterable<readonly [string, number]>) {
  return Array.from(counts, ([name, value]) => ({
    labels: { [label]: name } as Record<L, string>,
    value,
  }));
}
