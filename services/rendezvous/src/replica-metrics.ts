import type { Metrics } from '@waystation/ops';
import { overLimits } from './attempt-limits.js';
import type { SessionParts } from './client-session.js';
import type { Ports } from './ports.js';

/** Offers what a replica holds right now as metrics, and what is counted outside of Counters. */
export function publishGauges(metrics: Metrics, sessions: SessionParts, ports: Ports): void {
  const { ctx, callers, offers } = sessions;
  const { peers, presence, lookup, relays } = ctx;
  for (const transport of ['udp', 'tcp', 'ws'] as const) {
    const name = `rendezvous_peers_${transport}`;
    metrics.gaugeOf(name, `Peers registered over ${transport}`, () => peers.count(transport));
  }
  const gauge = (thing: string, help: string, read: () => number): void =>
    metrics.gaugeOf(`rendezvous_${thing}`, help, read);
  gauge('callers', 'Callers whose connection is held', () => callers.size);
  gauge('connections', 'Open client connections', () => ports.connections);
  gauge('presence_backlog', 'Presence changes Redis has not taken', () => presence.backlog);
  gauge('lookups_in_flight', 'Look-ups waiting for Redis', () => lookup.inFlight);
  gauge('offered_keys_ready', 'Signed key pairs ready for secure TCP', () => offers.size);
  const healthy =
    'Relay addresses that took new sessions when last looked at, announced or of RELAY_SERVERS; replicas of one address count once; with 0 callers are still sent to the last known ones';
  gauge('healthy_relays', healthy, () => relays.healthyCount);
  gauge('live_sessions', 'Sessions shown to live by their callers', () => ctx.sessions.size);
  gauge('api_calls_in_flight', 'Calls handed on to the api', () => ctx.api.inFlight);
  gauge('records_backlog', 'Records of attempts Redis has not taken', () => ctx.records.backlog);
  const lost = 'Records of attempts lost while Redis was away, or left out of too many failures';
  metrics.counterOf('rendezvous_records_dropped_total', lost, () => ctx.records.dropped);
  const heartbeats = 'Heartbeats answered from memory';
  metrics.counterOf('rendezvous_heartbeats_total', heartbeats, () => peers.heartbeats);
  metrics.countersOf(
    'rendezvous_lost_datagrams_total',
    'Datagrams the kernel dropped (receive buffer full: raise RMEM) or would not send',
    ['direction'],
    () =>
      Object.entries(ports.lostDatagrams).map(([direction, value]) => ({
        labels: { direction },
        value,
      })),
  );
  metrics.countersOf(
    'rendezvous_over_limit_total',
    'Messages over a limit; passed: the limit is off (0), and its default would have refused them',
    ['limit', 'passed'],
    () => overLimits(ctx.limits),
  );
  metrics.countersOf(
    'rendezvous_refused_connections_total',
    'Connections turned away',
    ['reason'],
    () => [...ports.refusals()].map(([reason, value]) => ({ labels: { reason }, value })),
  );
}
