import type { TcpStream } from '@waystation/net';
import type { Meter } from './bandwidth.js';
import { Brake } from './brake.js';
import type { EndReason } from './end-reason.js';
import type { RawEnd } from './leg.js';
import type { Path, PathEnded } from './path.js';

/** Below this one large read would be a good part of what a session may send in a second. */
const LARGE_READS_BPS = 8 * 1024 * 1024;
const NOTHING = Buffer.alloc(0);

/** One way: what cannot leave at once waits in `to`, and `from` is not read until it has left. */
class Direction {
  bytes = 0;
  readonly brake: Brake;

  /**
   * @param moved called when bytes were passed on and none of them waits
   * @param stuck called when neither side takes anything any more
   */
  constructor(
    readonly from: TcpStream,
    readonly to: TcpStream,
    meter: Meter,
    readonly moved: () => void,
    readonly stuck: () => void,
  ) {
    this.brake = new Brake(from, meter);
    if (meter.rate >= LARGE_READS_BPS) from.readLarge();
  }

  readonly pass = (bytes: Buffer): void => {
    this.bytes += bytes.length;
    const isTaken = this.to.write(bytes);
    if (!isTaken) this.brake.full();
    this.brake.passed(bytes.length);
    if (isTaken) this.moved();
    else if (this.to.isDeaf && this.from.isDeaf) this.stuck();
  };

  start(early: Buffer): void {
    this.from.onBytes(this.pass);
    this.to.onDrain(() => {
      this.brake.drained();
      this.moved();
    });
    if (early.length > 0) this.pass(early);
    this.brake.release();
  }
}

/**
 * Two TCP legs: bytes are copied as they come, frame headers included. At most what one read brings
 * (256 KiB) waits for a receiver that does not take it.
 */
export class RawPair implements Path {
  readonly kind = 'raw';
  readonly #there: Direction;
  readonly #back: Direction;
  readonly #ended: PathEnded;
  #early: readonly [Buffer, Buffer];
  #isOver = false;

  /** @param moved called when bytes were passed on and none of them waits; `letGo` may follow */
  constructor(
    first: RawEnd,
    second: RawEnd,
    meter: Meter,
    ended: PathEnded,
    moved: () => void = () => undefined,
  ) {
    const [a, b] = [first.stream, second.stream];
    this.#there = new Direction(a, b, meter, moved, () => this.#over(b, a, 'error'));
    this.#back = new Direction(b, a, meter, moved, () => this.#over(a, b, 'error'));
    this.#early = [first.early, second.early];
    this.#ended = ended;
  }

  get bytes(): number {
    return this.#there.bytes + this.#back.bytes;
  }

  get ways(): [number, number] {
    return [this.#there.bytes, this.#back.bytes];
  }

  get activity(): number {
    return this.bytes;
  }

  start(): void {
    const { from: a, to: b } = this.#there;
    const [fromA, fromB] = this.#early;
    this.#early = [NOTHING, NOTHING];
    a.onEnd((end) => this.#over(a, b, end));
    b.onEnd((end) => this.#over(b, a, end));
    this.#there.start(fromA);
    this.#back.start(fromB);
  }

  stop(reason: EndReason): void {
    this.#stopBoth();
    for (const stream of [this.#there.from, this.#there.to]) {
      if (reason === 'shutdown') stream.finish();
      else stream.destroy();
    }
  }

  /** Somebody else has taken both streams over. */
  letGo(): void {
    this.#stopBoth();
  }

  /** The one that left is closed at once, the other one when it has what was read for it. */
  #over(gone: TcpStream, other: TcpStream, reason: EndReason): void {
    if (this.#isOver) return;
    this.#stopBoth();
    gone.destroy();
    other.finish();
    this.#ended(reason);
  }

  #stopBoth(): void {
    this.#isOver = true;
    this.#there.brake.end();
    this.#back.brake.end();
  }
}
