import type { Meter } from './bandwidth.js';
import type { EndReason } from './end-reason.js';
import type { RawEnd } from './leg.js';

/** Moves the bytes of one session, both ways, until one side ends or it is stopped. */
export interface Path {
  /**
   * `pumped` has the kernel move the bytes once that pays, `raw` copies them in Node, `framed` keeps message
   * boundaries because one side is a WebSocket.
   */
  readonly kind: 'pumped' | 'raw' | 'framed';
  /** Bytes taken over from both sides for the other one. */
  readonly bytes: number;
  /** The same for each side, the first leg's first; undefined where only the sum is counted. */
  readonly ways?: readonly [number, number];
  /** Grows with every byte from either client, also with what is not passed on (pings, texts). */
  readonly activity: number;
  start(): void;
  /** Called every few seconds. */
  look?(now: number): void;
  /** Ends both sides; `ended` is not called any more. */
  stop(reason: EndReason): void;
}

/** Called once, when a client ended the path or broke a rule; by then both sides are being closed. */
export type PathEnded = (reason: EndReason) => void;

/** Makes the path of two TCP legs. */
export type RawPath = (first: RawEnd, second: RawEnd, meter: Meter, ended: PathEnded) => Path;
