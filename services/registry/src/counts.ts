import type { Counter, Metrics } from '@waystation/ops';
import { CLAIM_REASONS } from './claims.js';
import { RENAME_REASONS } from './renames.js';

/** The registry's metrics. */
export class Counts {
  /** Claims and renames by the rule that decided. */
  readonly decisions: Counter<'call' | 'reason'>;
  readonly signedBoxKeys: Counter;
  readonly clearedPresences: Counter;
  readonly resigned: Counter;

  constructor(metrics: Metrics) {
    this.decisions = metrics.counter(
      'registry_decisions_total',
      'Claims and changes of ids, by the rule that decided',
      ['call', 'reason'],
    );
    // from the start: Prometheus sees no increase in a count that appears with its first event
    for (const reason of CLAIM_REASONS) this.decisions.inc({ call: 'claim', reason }, 0);
    for (const reason of RENAME_REASONS) this.decisions.inc({ call: 'rename', reason }, 0);
    this.signedBoxKeys = metrics.counter(
      'registry_signed_box_keys_total',
      'Keys signed for encrypted TCP connections',
    );
    this.clearedPresences = metrics.counter(
      'registry_cleared_presences_total',
      'Presences of dead replicas that were cleared away',
    );
    this.resigned = metrics.counter(
      'registry_resigned_identities_total',
      'Identities signed anew because the server key had changed',
    );
  }
}
