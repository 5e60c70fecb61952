import type { Gauge, Metrics, Counter } from '@waystation/ops';
import type { Notice } from './notices.js';
import { STEPS, type LookResult, type StepName } from './steps.js';

const NOTICES: readonly Notice['kind'][] = ['no-host', 'private-address', 'gateway'];

/** The way that the last look took: `public`, or `inside` when the public address was not reached or is not known. */
export type Way = 'public' | 'inside';

/** What the prober shows of its looks. */
export class ProberMetrics {
  private readonly success: Gauge<'step'>;
  private readonly seconds: Gauge<'step'>;
  private readonly looks: Counter<'outcome'>;
  private readonly lastSuccess: Gauge;
  private readonly reached: Gauge<'way'>;
  private readonly notices: Gauge<'notice'>;

  constructor(metrics: Metrics) {
    const success =
      'Whether this step of the last look succeeded; missing while it cannot be tried';
    this.success = metrics.gauge('prober_step_success', success, ['step']);
    const seconds = 'How long this step of the last look took';
    this.seconds = metrics.gauge('prober_step_seconds', seconds, ['step']);
    this.looks = metrics.counter('prober_looks_total', 'Looks by outcome', ['outcome']);
    const last = 'When a look last succeeded as a whole, seconds since 1970; 0: never';
    this.lastSuccess = metrics.gauge('prober_last_success_time_seconds', last);
    const reached =
      'Whether the services answered the last look, through the public address or inside the stack';
    this.reached = metrics.gauge('prober_reached', reached, ['way']);
    const notices = 'Whether this about the addresses needs attention; the log says what and why';
    this.notices = metrics.gauge('prober_notice', notices, ['notice']);
  }

  /** Shows the look that counts; steps that were not tried disappear. */
  look(result: LookResult, isWell: boolean): void {
    for (const step of STEPS) this.step(step, result);
    this.looks.inc({ outcome: isWell ? 'success' : 'failure' });
    if (isWell) this.lastSuccess.set(Date.now() / 1000);
  }

  /** Undefined: this way was not tried. */
  way(way: Way, reached: boolean | undefined): void {
    if (reached === undefined) this.reached.remove({ way });
    else this.reached.set({ way }, Number(reached));
  }

  noticed(present: readonly Notice[]): void {
    for (const notice of NOTICES)
      this.notices.set({ notice }, Number(present.some(({ kind }) => kind === notice)));
  }

  private step(step: StepName, result: LookResult): void {
    const one = result.get(step);
    if (one === undefined) {
      this.success.remove({ step });
      this.seconds.remove({ step });
      return;
    }
    this.success.set({ step }, Number(one.fault === undefined));
    this.seconds.set({ step }, one.seconds);
  }
}
