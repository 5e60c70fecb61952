import type { Pipe } from './pipes.js';
import { PIPE_BYTES } from './pipes.js';
import { TokenBucket } from './token-bucket.js';

/** One direction of a pair, as the pump thread keeps it: a few words, and a pipe only when needed. */
export class Flow {
  /** Holds the bytes that `to` could not take yet; `undefined` while nothing waits. */
  pipe: Pipe | undefined;
  /** Bytes in `pipe`, at most PIPE_BYTES. */
  waitingBytes = 0;
  /** The kernel said that there is something to read, and has not said yet that it is all taken. */
  readable = false;
  /** The kernel announced input and none has been taken since (see Mover on urgent data). */
  announced = false;
  /** The receiver is full; the kernel will say when it is not. */
  blocked = false;
  /** In one of the loop's lists of flows that get another turn. */
  queued = false;
  /** The sender is finished, or nothing more is taken from it: the reason why, once it is known. */
  ended: 'closed' | 'error' | undefined;
  /** The receiver is gone: nothing is moved this way any more. */
  isDead = false;
  /** FIN was sent to the receiver. */
  isShut = false;

  /** Descriptors of sender and receiver; `counter` is the index of the byte count in shared memory. */
  constructor(
    readonly pair: Pair,
    readonly from: number,
    readonly to: number,
    readonly counter: number,
  ) {}
}

/** Where a pair's figures lie in shared memory. */
export interface PairFigures {
  readonly aToB: number;
  readonly bToA: number;
  readonly lastByteAt: number;
}

/** Two joined legs, as the pump thread keeps them. */
export class Pair {
  readonly aToB: Flow;
  readonly bToA: Flow;
  readonly lastByteAt: number;
  bucket: TokenBucket | undefined;
  /** The most bytes to take at once. */
  chunkBytes = CHUNK_BYTES;
  /** Nothing is read before this time (milliseconds): the bandwidth limit. */
  resumeAt = 0;
  /** In the loop's list of pairs that wait for `resumeAt`. */
  throttled = false;
  /** Not under the limit that all pairs share. */
  exempt = false;
  /** Nothing more is taken from either client; what was taken is being handed out. */
  leaving = false;
  /** Once nothing is moved any more: descriptors whose clients may still fetch what was flushed. */
  survivors: number[] | undefined;
  lingerUntil = 0;

  constructor(
    readonly slot: number,
    fdA: number,
    fdB: number,
    figures: PairFigures,
  ) {
    this.aToB = new Flow(this, fdA, fdB, figures.aToB);
    this.bToA = new Flow(this, fdB, fdA, figures.bToA);
    this.lastByteAt = figures.lastByteAt;
  }

  /** Sets the limit for both directions together; 0 bits per second = none. */
  limit(bitsPerSecond: number, now: number): void {
    this.resumeAt = 0;
    this.bucket = bitsPerSecond > 0 ? new TokenBucket(bitsPerSecond, now) : undefined;
    const bytes = Math.min(PIPE_BYTES, this.bucket?.chunkBytes ?? PIPE_BYTES);
    this.chunkBytes = bytes === PIPE_BYTES ? CHUNK_BYTES : BigInt(Math.floor(bytes));
  }
}

/** One bigint for all unlimited pairs. */
const CHUNK_BYTES = BigInt(PIPE_BYTES);
