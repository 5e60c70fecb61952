import type { Libc } from './libc.js';
import { EAGAIN, EINTR, MSG_DONTWAIT, SPLICE_MOVE_NONBLOCK } from './linux.js';
import type { Flow, Pair } from './pair.js';
import type { PipePool } from './pipes.js';
import { PIPE_BYTES } from './pipes.js';
import type { TokenBucket } from './token-bucket.js';

/** What `Mover.advance` leaves behind. */
export const Progress = {
  /** Nothing to do until the kernel reports an event or the limit allows more. */
  waiting: 0,
  /** There is more to move; others have their turn first. */
  unfinished: 1,
  /** No pipe could be had; worth another try a little later. */
  starved: 2,
  /** The sender ended and everything it sent has been passed on. */
  finished: 3,
  /** The receiver is gone. */
  broken: 4,
} as const;
export type Progress = (typeof Progress)[keyof typeof Progress];

/**
 * Moves the bytes of flows, one chunk after the other: socket to pipe to socket, without a copy to
 * user space. Never blocks and never throws for what a client does.
 */
export class Mover {
  /** Milliseconds; the loop sets it once per round. */
  now = 0;
  /** Bytes moved so far by all pairs. */
  movedBytes = 0;
  /** Those of them that fall under the limit that pairs share. */
  chargedBytes = 0;
  /** The limit that all pairs share. */
  total: TokenBucket | undefined;
  readonly #libc: Libc;
  readonly #pipes: PipePool;
  readonly #figures: Float64Array;
  readonly #page = Buffer.alloc(PAGE_BYTES);

  constructor(libc: Libc, pipes: PipePool, figures: Float64Array) {
    this.#libc = libc;
    this.#pipes = pipes;
    this.#figures = figures;
  }

  /** Moves what can be moved now, at most PASS_BYTES. */
  advance(flow: Flow): Progress {
    const limitBytes = this.movedBytes + PASS_BYTES;
    for (;;) {
      if (flow.pipe !== undefined) {
        const progress = this.#empty(flow);
        if (progress !== Progress.unfinished) return progress;
      }
      if (flow.ended !== undefined) return Progress.finished;
      if (!flow.readable || flow.pair.resumeAt > this.now) return Progress.waiting;
      if (this.movedBytes >= limitBytes) return Progress.unfinished;
      if (!this.#fill(flow)) return Progress.starved;
    }
  }

  /** Forgets what a flow holds. */
  drop(flow: Flow): void {
    if (flow.pipe !== undefined) this.#pipes.discard(flow.pipe);
    flow.pipe = undefined;
  }

  /** Takes one chunk from the sender or notes why there is none. False: no pipe to be had. */
  #fill(flow: Flow): boolean {
    const pipe = this.#pipes.take();
    if (pipe === undefined) return false;
    const { from, pair } = flow;
    let bytes = this.#libc.splice(
      from,
      0n,
      pipe.writeFd,
      0n,
      pair.chunkBytes,
      SPLICE_MOVE_NONBLOCK,
    );
    if (bytes < 0 && flow.announced && this.#libc.errno() === EAGAIN) {
      bytes = this.#readPastMark(from, pipe.writeFd);
    }
    if (bytes > 0) {
      flow.pipe = pipe;
      flow.waitingBytes = bytes;
      flow.announced = false;
      this.#count(flow, bytes);
      return true;
    }
    const errno = bytes < 0 ? this.#libc.errno() : 0;
    this.#pipes.giveBack(pipe);
    if (errno === EAGAIN) flow.readable = flow.announced = false;
    else if (errno !== EINTR) flow.ended = bytes === 0 ? 'closed' : 'error';
    return true;
  }

  /**
   * splice stops for ever in front of an urgent byte (TCP URG), which a hostile client could use to
   * stall a leg that looks alive. A plain read skips the byte. One page fits into any empty pipe.
   */
  #readPastMark(from: number, pipeFd: number): number {
    const address = this.#libc.addressOf(this.#page);
    const bytes = this.#libc.recv(from, address, BigInt(PAGE_BYTES), MSG_DONTWAIT);
    return bytes > 0 ? this.#libc.write(pipeFd, address, BigInt(bytes)) : bytes;
  }

  /** Charges and counts a chunk when it is taken; the limiter then keeps the pair from reading. */
  #count(flow: Flow, bytes: number): void {
    const { pair } = flow;
    const figures = this.#figures;
    figures[flow.counter] = (figures[flow.counter] ?? 0) + bytes;
    figures[pair.lastByteAt] = this.now;
    this.movedBytes += bytes;
    if (pair.bucket !== undefined) this.#delay(pair, pair.bucket.charge(bytes, this.now));
    if (pair.exempt) return;
    this.chargedBytes += bytes;
    if (this.total !== undefined) this.#delay(pair, this.total.charge(bytes, this.now));
  }

  #delay(pair: Pair, delayMs: number): void {
    if (delayMs > 0) pair.resumeAt = Math.max(pair.resumeAt, this.now + delayMs);
  }

  /** Empties the pipe into the receiver. Unfinished = done here, go on with the next chunk. */
  #empty(flow: Flow): Progress {
    const { pipe } = flow;
    while (pipe !== undefined) {
      const bytes = this.#libc.splice(
        pipe.readFd,
        0n,
        flow.to,
        0n,
        WHOLE_PIPE,
        SPLICE_MOVE_NONBLOCK,
      );
      if (bytes <= 0) {
        if (bytes < 0 && this.#libc.errno() === EINTR) continue;
        return this.#refused(flow, bytes);
      }
      flow.waitingBytes -= bytes;
      if (flow.waitingBytes > 0) continue;
      flow.pipe = undefined;
      flow.blocked = false;
      this.#pipes.giveBack(pipe);
      break;
    }
    return Progress.unfinished;
  }

  #refused(flow: Flow, result: number): Progress {
    if (result === 0 || this.#libc.errno() !== EAGAIN) return Progress.broken;
    flow.blocked = true;
    return Progress.waiting;
  }
}

const PAGE_BYTES = 4096;
const WHOLE_PIPE = BigInt(PIPE_BYTES);
/** What one flow may move in a row before the others have their turn. */
const PASS_BYTES = 1024 * 1024;
