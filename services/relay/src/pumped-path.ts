import type { Loan, TcpStream } from '@waystation/net';
import type { Pump, PumpedPair, PumpEnd } from '@waystation/pump';
import type { Meter } from './bandwidth.js';
import type { EndReason } from './end-reason.js';
import type { RawEnd } from './leg.js';
import type { Path, PathEnded } from './path.js';
import { RawPair } from './raw-pair.js';

/** A pair that has moved this much, or lived this long, will go on: now a hand-over pays. */
const HAND_OVER_BYTES = 64 * 1024;
const HAND_OVER_MS = 3_000;

/**
 * Two TCP legs whose bytes the kernel moves, once that pays: a hand-over costs about as much as setting the
 * pair up, so Node copies the first bytes, and all of a short pair. After it Node has let go of both
 * sockets; the connections count as before, on the port that they came in by and among those that are being
 * closed, until the pump is done with them. After one leg left, that is when the other one has hung up
 * too, 2 s later at most.
 */
export class PumpedPath implements Path {
  readonly kind = 'pumped';
  readonly #pump: Pump;
  readonly #streams: readonly [TcpStream, TcpStream];
  readonly #copied: RawPair;
  readonly #meter: Meter;
  readonly #ended: PathEnded;
  #handOverMs = performance.now() + HAND_OVER_MS;
  /** Not before what both sides sent ahead is on its way. */
  #handOverBytes = Infinity;
  #pair: PumpedPair | undefined;
  #loans: readonly Loan[] = [];
  #rate = 0;
  #notedBytes = 0;
  #isOver = false;

  constructor(pump: Pump, first: RawEnd, second: RawEnd, meter: Meter, ended: PathEnded) {
    this.#pump = pump;
    this.#streams = [first.stream, second.stream];
    this.#copied = new RawPair(first, second, meter, ended, () => this.#moved());
    this.#meter = meter;
    this.#ended = ended;
  }

  get bytes(): number {
    const [there, back] = this.ways;
    return there + back;
  }

  get ways(): [number, number] {
    const [there, back] = this.#copied.ways;
    return [there + (this.#pair?.bytesAtoB ?? 0), back + (this.#pair?.bytesBtoA ?? 0)];
  }

  get activity(): number {
    return this.bytes;
  }

  start(): void {
    this.#copied.start();
    this.#handOverBytes = HAND_OVER_BYTES;
  }

  /** Tells the meter what was moved, and the pump what the session may use now. */
  look(now: number): void {
    if (this.#meter.isFree || this.#pair === undefined) return;
    const bytes = this.#pair.bytesAtoB + this.#pair.bytesBtoA;
    this.#meter.note(bytes - this.#notedBytes, now);
    this.#notedBytes = bytes;
    if (this.#meter.rate === this.#rate) return;
    this.#rate = this.#meter.rate;
    this.#pair.setRate(this.#rate);
  }

  stop(reason: EndReason): void {
    if (this.#pair === undefined) return this.#copied.stop(reason);
    this.#isOver = true;
    for (const loan of this.#loans) loan.closing();
    if (reason === 'shutdown') this.#pair.finish(reason);
    else this.#pair.close(reason);
  }

  /** What the pump cannot take now is offered again when as much more was moved. */
  #moved(): void {
    const { bytes } = this.#copied;
    if (bytes < this.#handOverBytes && performance.now() < this.#handOverMs) return;
    this.#handOverBytes = bytes * 2;
    this.#handOverMs = Infinity;
    this.#handOver();
  }

  #handOver(): void {
    const [a, b] = this.#streams;
    const { isFree, rate } = this.#meter;
    this.#pair = this.#pump.adopt(
      a.socket,
      b.socket,
      (end) => this.#over(end),
      // The session watches idleness itself.
      { idleMs: 0, bitsPerSecond: isFree ? 0 : rate, exempt: isFree },
    );
    if (this.#pair === undefined) return;
    this.#rate = rate;
    this.#copied.letGo();
    this.#loans = [a.lend(), b.lend()];
  }

  #over({ reason }: PumpEnd): void {
    for (const loan of this.#loans) loan.gone();
    if (this.#isOver) return;
    this.#isOver = true;
    // Nobody but `stop` and the end of the process kills a pair.
    this.#ended(reason === 'killed' ? 'shutdown' : reason);
  }
}
