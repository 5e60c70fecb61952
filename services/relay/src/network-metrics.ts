import type { Metrics } from '@waystation/ops';
import type { EndedSession, RecordStream } from '@waystation/state';
import type { Cluster } from './cluster.js';
import type { Crossing } from './crossing.js';
import type { TicketBook } from './ticket-book.js';

/** What is counted around a relay. */
export interface NetworkCounts {
  readonly cluster: Cluster;
  readonly crossing: Crossing;
  readonly records: RecordStream<EndedSession>;
  readonly book: TicketBook | undefined;
}

/** Offers what happens between this relay and others as metrics. */
export function offerNetwork(
  metrics: Metrics,
  { cluster, crossing, records, book }: NetworkCounts,
): void {
  metrics.countersOf(
    'relay_crossings_total',
    'Legs whose partner waits on another replica, by what became of them',
    ['outcome'],
    () => Array.from(crossing.outcomes, ([outcome, value]) => ({ labels: { outcome }, value })),
  );
  metrics.countersOf(
    'relay_link_refusals_total',
    'Links from other replicas, or from strangers, that were turned away',
    ['reason'],
    () => Array.from(cluster.refusals, ([reason, value]) => ({ labels: { reason }, value })),
  );
  const known = 'Session uuids known from tickets, used ones included';
  metrics.gaugeOf('relay_known_tickets', known, () => book?.size ?? 0);
  metrics.counterOf(
    'relay_session_records_total',
    'Session records that Redis has taken',
    () => records.written,
  );
  metrics.counterOf(
    'relay_session_records_dropped_total',
    'Session records lost because Redis was away for too long',
    () => records.dropped,
  );
}
