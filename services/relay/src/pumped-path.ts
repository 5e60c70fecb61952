import type { Loan } from '@waystation/net';
import type { Pump, PumpedPair, PumpEnd } from '@waystation/pump';
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
  readonly #ended: PathEnded;
  #isOver = false;

  /** Undefined, with both legs as they were, when the pump cannot take them. */
  static take(pump: Pump, first: RawEnd, second: RawEnd, ended: PathEnded): PumpedPath | undefined {
    let path: PumpedPath | undefined;
    const pair = pump.adopt(
      first.stream.socket,
      second.stream.socket,
      { toA: second.early, toB: first.early },
      (end) => {
        if (path !== undefined) path.#over(end);
      },
      // The session watches idleness itself.
      { idleMs: 0 },
    );
    if (pair === undefined) return undefined;
    path = new PumpedPath(pair, [first.stream.lend(), second.stream.lend()], ended);
    return path;
  }

  private constructor(pair: PumpedPair, loans: readonly Loan[], ended: PathEnded) {
    this.#pair = pair;
    this.#loans = loans;
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
  return (first, second, ended) =>
    PumpedPath.take(pump, first, second, ended) ?? copied(first, second, ended);
}
