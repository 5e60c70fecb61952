import type { Ticket } from '@waystation/state';
import type { Meter } from './bandwidth.js';
import type { EndReason } from './end-reason.js';
import { FramedPair } from './framed-pair.js';
import type { Leg } from './leg.js';
import type { RelayLimits } from './limits.js';
import type { Path, RawPath } from './path.js';

/** What is known of a session once it is over. */
export interface SessionRecord {
  readonly uuid: string;
  readonly path: Path['kind'];
  readonly reason: EndReason;
  readonly bytes: number;
  /** From the first leg and from the second; undefined where only the sum is counted. */
  readonly ways: readonly [number, number] | undefined;
  readonly durationMs: number;
}

/** Two legs and the path between them, from the moment they met until one reason ends it. */
export class Session {
  readonly #path: Path;
  readonly #started = performance.now();
  readonly #ended: (record: SessionRecord) => void;
  #isOver = false;
  #activity = 0;
  #activeAt = this.#started;

  /** @param ended called once, whatever ended the session */
  constructor(
    readonly uuid: string,
    readonly first: Leg,
    readonly second: Leg,
    /** What the rendezvous said about the uuid; undefined where tickets are off. */
    readonly ticket: Ticket | undefined,
    /** Its bandwidth. */
    readonly meter: Meter,
    parts: { readonly limits: RelayLimits; readonly rawPath: RawPath },
    ended: (session: Session, record: SessionRecord) => void,
  ) {
    const over = (reason: EndReason): void => this.#over(reason);
    this.#path =
      first.kind === 'tcp' && second.kind === 'tcp'
        ? parts.rawPath(first.take(), second.take(), meter, over)
        : new FramedPair(first, second, parts.limits, meter, over);
    this.#ended = (record) => ended(this, record);
  }

  get path(): Path['kind'] {
    return this.#path.kind;
  }

  /** So far, both ways together. */
  get bytes(): number {
    return this.#path.bytes;
  }

  /** So far, from the first leg and from the second; undefined where only the sum is counted. */
  get ways(): readonly [number, number] | undefined {
    return this.#path.ways;
  }

  get durationMs(): number {
    return Math.round(performance.now() - this.#started);
  }

  start(): void {
    this.#path.start();
  }

  end(reason: EndReason): void {
    if (this.#isOver) return;
    this.#path.stop(reason);
    this.#over(reason);
  }

  /** Looks whether a byte came since the last look; ends the session when none came for `idleMs`. */
  checkIdle(now: number, idleMs: number): void {
    this.#path.look?.(now);
    const activity = this.#path.activity;
    if (activity !== this.#activity || this.meter.waits(now)) {
      this.#activity = activity;
      this.#activeAt = now;
      return;
    }
    if (now - this.#activeAt >= idleMs) this.end('idle');
  }

  #over(reason: EndReason): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#ended({
      uuid: this.uuid,
      path: this.#path.kind,
      reason,
      bytes: this.bytes,
      ways: this.ways,
      durationMs: this.durationMs,
    });
  }
}
