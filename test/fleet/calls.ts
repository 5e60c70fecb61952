import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Caller, loopbackAddress, type Device, type Stack } from '@waystation/testkit';
import type { Fleet } from './fleet.js';

/** Pause of a user between two tries, and of a worker between two calls. */
const PAUSE_MS = 50;
/** A try that has not led to a session by then is given up. */
const PATIENCE_MS = 5_000;

/** One call: from the first try to bytes that came back. */
export interface Call {
  readonly id: string;
  readonly startedMs: number;
  readonly tookMs: number;
  readonly tries: number;
}

/** Callers that connect all the time, each to one device after the other. */
export class Calls {
  readonly done: Call[] = [];
  /** Why tries failed, by text. */
  readonly failures = new Map<string, number>();
  private stopped = false;
  private next = 0;
  private readonly workers: Promise<void>[];

  constructor(
    private readonly stack: Stack,
    private readonly fleet: Fleet,
    workers: number,
    private readonly place: () => number = () => 0,
  ) {
    this.workers = Array.from({ length: workers }, () => this.work());
  }

  /** Ends the workers after the call they are in. */
  async stop(): Promise<void> {
    this.stopped = true;
    await Promise.all(this.workers);
  }

  /** The calls that began in the given span of performance.now(). */
  between(fromMs: number, toMs: number): Call[] {
    return this.done.filter(({ startedMs }) => startedMs >= fromMs && startedMs < toMs);
  }

  private async work(): Promise<void> {
    while (!this.stopped) {
      // Seven has no divisor in common with the sizes in use: all kinds of devices come round.
      this.next += 7;
      await this.call(this.fleet.at(this.next), this.next % 2 === 0);
      await sleep(PAUSE_MS);
    }
  }

  private async call(device: Device, forceRelay: boolean): Promise<void> {
    const startedMs = performance.now();
    for (let tries = 1; !this.stopped; tries++) {
      const failure = await this.attempt(device, forceRelay);
      if (failure === undefined) {
        const tookMs = performance.now() - startedMs;
        this.done.push({ id: device.id, startedMs, tookMs, tries });
        return;
      }
      this.failures.set(failure, (this.failures.get(failure) ?? 0) + 1);
      await sleep(PAUSE_MS);
    }
  }

  private async attempt(device: Device, forceRelay: boolean): Promise<string | undefined> {
    const caller = new Caller({
      server: this.stack.server(this.place()),
      key: this.stack.key,
      from: loopbackAddress(5000 + (this.next % 500)),
      forceRelay,
    });
    const alarm = setTimeout(() => {
      caller.stop();
    }, PATIENCE_MS);
    try {
      const { leg } = await caller.connect(device.id);
      const said = randomBytes(64);
      await leg.send(said);
      const heard = await leg.receive(1_000);
      return heard?.equals(said) ? undefined : 'other bytes came back';
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    } finally {
      clearTimeout(alarm);
      caller.stop();
    }
  }
}
