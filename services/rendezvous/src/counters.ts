import type { Metrics, Sample } from '@waystation/ops';
import { DROP_REASONS, type DropReason } from './protocol-error.js';
import { OUTCOMES, type Outcome } from './refusals.js';

/** How a message came in: `nat` is TCP p-1. */
export type Transport = 'udp' | 'tcp' | 'ws' | 'nat';

/**
 * Plain counts of what happened, read by the metrics at a scrape. What has a closed list of words is
 * there from the start: Prometheus sees no increase in a count that appears with its first event.
 */
export class Counters {
  private readonly messages = new Map<string, number>();
  private readonly drops = new Map<DropReason, number>(DROP_REASONS.map((reason) => [reason, 0]));
  private readonly outcomes = new Map<Outcome, number>(OUTCOMES.map((outcome) => [outcome, 0]));
  private readonly probes = new Map<Outcome, number>();
  /** Failed writes and look-ups in Redis. */
  stateFailures = 0;
  registryFailures = 0;

  message(name: string, transport: Transport): void {
    const key = `${name} ${transport}`;
    this.messages.set(key, (this.messages.get(key) ?? 0) + 1);
  }

  drop(reason: DropReason): void {
    this.drops.set(reason, (this.drops.get(reason) ?? 0) + 1);
  }

  outcome(outcome: Outcome): void {
    this.outcomes.set(outcome, (this.outcomes.get(outcome) ?? 0) + 1);
  }

  /** An attempt of the prober: it says nothing about users. */
  probe(outcome: Outcome): void {
    this.probes.set(outcome, (this.probes.get(outcome) ?? 0) + 1);
  }

  /** How many drops for this reason so far. */
  dropped(reason: DropReason): number {
    return this.drops.get(reason) ?? 0;
  }

  /** Offers the counts as metrics. */
  publish(metrics: Metrics): void {
    metrics.countersOf(
      'rendezvous_messages_total',
      'Messages by kind',
      ['message', 'transport'],
      () =>
        [...this.messages].map(([key, value]): Sample<'message' | 'transport'> => {
          const [message = '', transport = ''] = key.split(' ');
          return { labels: { message, transport }, value };
        }),
    );
    metrics.countersOf(
      'rendezvous_drops_total',
      'Dropped messages and connections',
      ['reason'],
      () => [...this.drops].map(([reason, value]) => ({ labels: { reason }, value })),
    );
    metrics.countersOf('rendezvous_attempts_total', 'Attempts by outcome', ['outcome'], () =>
      [...this.outcomes].map(([outcome, value]) => ({ labels: { outcome }, value })),
    );
    const probes = "Attempts of this stack's own prober, which are in no record and no other count";
    metrics.countersOf('rendezvous_probe_attempts_total', probes, ['outcome'], () =>
      [...this.probes].map(([outcome, value]) => ({ labels: { outcome }, value })),
    );
    const failures = 'Failed commands to Redis, apart from the leases';
    metrics.counterOf('rendezvous_state_failures_total', failures, () => this.stateFailures);
    const calls = 'Calls that the registry did not answer';
    metrics.counterOf('rendezvous_registry_failures_total', calls, () => this.registryFailures);
  }
}
