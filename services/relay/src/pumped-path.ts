import type { Loan } from '@waystation/net';
import type { Pump, PumpedPair, PumpEnd } from '@waystation/pump';
import type { Meter } from './bandwidth.js';
import type { EndReason } from './end-reason.js';
import type { RawEnd } from './leg.js';
import type { Path, PathEnded, RawPath } from './path.js';

/**
 * Two TCP legs whose bytes the kernel moves. Node has let go of both sockets; the connections count as
 * before, on the port that they came in by and among those that are being closed, until the pump is
 * done with them. After one leg left, that is when the other one has hung up too, 2 s later at most.
 */
export class PumpedPath implements Path {
  readonly kind = 'pumped';
  readonly #pair: PumpedPair;
  readonly #loans: readonly Loan[];
  readonly #meter: Meter;
  readonly #ended: PathEnded;
  #rate: number;
  #notedBytes = 0;
  #isOver = false;

  /** Undefined, with both legs as they were, when the pump cannot take them. */
  static take(
    pump: Pump,
    first: RawEnd,
    second: RawEnd,
    meter: Meter,
    ended: PathEnded,
  ): PumpedPath | undefined {
    const pair = pump.adopt(
      first.stream.socket,
      second.stream.socket,
      { toA: second.early, toB: first.early },
      // Not before this turn of the event loop is over.
      (end) => path.#over(end),
      // The session watches idleness itself.
      { idleMs: 0, bitsPerSecond: meter.isFree ? 0 : meter.rate, exempt: meter.isFree },
    );
    if (pair === undefined) return undefined;
    const path = new PumpedPath(pair, [first.stream.lend(), second.stream.lend()], meter, ended);
    return path;
  }

  private constructor(pair: PumpedPair, loans: readonly Loan[], meter: Meter, ended: PathEnded) {
    this.#pair = pair;
    this.#loans = loans;
    this.#meter = meter;
    this.#rate = meter.rate;
    this.#ended = ended;
  }

  get bytes(): number {
    return this.#pair.bytesAtoB + this.#pair.bytesBtoA;
  }

  get ways(): [number, number] {
    return [this.#pair.bytesAtoB, this.#pair.bytesBtoA];
  }

  get activity(): number {
    return this.bytes;
  }

  start(): void {
    // The pump has begun already.
  }

  /** Tells the meter what was moved, and the pump what the session may use now. */
  look(now: number): void {
    if (this.#meter.isFree) return;
    const { bytes } = this;
    this.#meter.note(bytes - this.#notedBytes, now);
    this.#notedBytes = bytes;
    if (this.#meter.rate === this.#rate) return;
    this.#rate = this.#meter.rate;
    this.#pair.setRate(this.#rate);
  }

  stop(reason: EndReason): void {
    this.#isOver = true;
    for (const loan of this.#loans) loan.closing();
    if (reason === 'shutdown') this.#pair.finish(reason);
    else this.#pair.close(reason);
  }

  #over({ reason }: PumpEnd): void {
    for (const loan of this.#loans) loan.gone();
    if (this.#isOver) return;
    this.#isOver = true;
    // Nobody but `stop` and the end of the process kills a pair.
    this.#ended(reason === 'killed' ? 'shutdown' : reason);
  }
}

/** Gives pairs to the pump, and those that it cannot take to `copied`. */
export function pumpedPath(pump: Pump, copied: RawPath): RawPath {
  return (first, second, meter, ended) =>
    PumpedPath.take(pump, first, second, meter, ended) ?? copied(first, second, meter, ended);
}
