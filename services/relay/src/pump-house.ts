import type { Log, Metrics } from '@waystation/ops';
import { Pump } from '@waystation/pump';
import type { Bandwidth } from './bandwidth.js';
import type { RawPath } from './path.js';
import { PumpedPath } from './pumped-path.js';
import { RawPair } from './raw-pair.js';

const COPIED: RawPath = (first, second, meter, ended) => new RawPair(first, second, meter, ended);

/** How this process joins two TCP legs: through the kernel pump where it runs, else with copies in Node. */
export class PumpHouse {
  readonly #pump: Pump | undefined;

  private constructor(pump: Pump | undefined) {
    this.#pump = pump;
  }

  /** Says in one line of the log why there is no pump. */
  static async open(wish: 'auto' | 'off', log: Log): Promise<PumpHouse> {
    if (wish === 'off') {
      log.info('bytes are copied in Node: WAYSTATION_RELAY_PUMP is off');
      return new PumpHouse(undefined);
    }
    const { pump, reason } = await Pump.start();
    if (pump === undefined) log.warn('bytes are copied in Node: no kernel pump', { reason });
    else log.info('bytes are moved by the kernel pump');
    return new PumpHouse(pump);
  }

  /** Whether the kernel moves bytes now; false also after the thread has failed. */
  get isRunning(): boolean {
    return this.#pump?.running === true;
  }

  /** Pairs in the care of the pump, closing ones included. */
  get pairs(): number {
    return this.#pump?.pairs ?? 0;
  }

  get rawPath(): RawPath {
    const pump = this.#pump;
    if (pump === undefined) return COPIED;
    return (...parts) => (pump.running ? new PumpedPath(pump, ...parts) : COPIED(...parts));
  }

  /** Puts pumped pairs under the limit of all sessions together. */
  limit(bandwidth: Bandwidth): void {
    if (this.#pump !== undefined) bandwidth.share(this.#pump);
  }

  offer(metrics: Metrics): void {
    const running = 'Whether the kernel moves the bytes of TCP pairs (1) or Node copies them (0)';
    metrics.gaugeOf('relay_pump_running', running, () => Number(this.isRunning));
    const pairs = 'Pairs in the care of the kernel pump, carried legs and closing pairs included';
    metrics.gaugeOf('relay_pumped_pairs', pairs, () => this.pairs);
  }

  /** Ends the thread, and with it every pair that is left. */
  async stop(): Promise<void> {
    await this.#pump?.stop();
  }
}
