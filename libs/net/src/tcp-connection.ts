import { FrameDecoder, WireError, encodeFrame, frameHeader } from '@waystation/wire';
import type { SocketAddress } from '@waystation/wire';
import {
  DEFAULT_FRAME_MS,
  DEFAULT_IDLE_MS,
  DEFAULT_LIMIT_BYTES,
  type CloseReason,
  type Connection,
} from './connection.js';
import { LazyTimer } from './lazy-timer.js';
import type { TcpStream } from './tcp-stream.js';

/** Frames up to this size are put together here instead of in memory of their own. */
const SCRATCH = Buffer.allocUnsafeSlow(64 * 1024);
const LONGEST_HEADER_BYTES = 4;

/** Framed payloads over one TCP stream. */
export class TcpConnection implements Connection {
  readonly kind = 'tcp';
  readonly #decoder = new FrameDecoder(DEFAULT_LIMIT_BYTES);
  readonly #timer = new LazyTimer(
    () => this.#remainingMs(),
    () => this.close(this.#overdue()),
  );
  #onMessage: ((payload: Buffer) => void) | undefined;
  #onClose: (reason: CloseReason) => void = ignore;
  #onDrain: () => void = ignore;
  #onFirstByte: (() => void) | undefined;
  #state: 'open' | 'closed' | 'detached' = 'open';
  #paused = false;
  #delivering = false;
  #sent = false;
  #idleMs = DEFAULT_IDLE_MS;
  #frameMs: number;
  #lastInbound = performance.now();
  #frameStarted = 0;

  /** @param early bytes that were read before this connection existed */
  constructor(
    readonly stream: TcpStream,
    readonly remote: SocketAddress,
    early: Buffer,
    frameMs = DEFAULT_FRAME_MS,
  ) {
    this.#frameMs = frameMs;
    if (early.length > 0) this.#decoder.push(Buffer.from(early));
    stream.onBytes((bytes) => this.#read(bytes));
    stream.onEnd((end) => this.#over(end));
    stream.onDrain(() => this.#onDrain());
    this.#timer.rearm();
  }

  get closed(): boolean {
    return this.#state === 'closed';
  }

  get bytesBuffered(): number {
    return this.stream.isDeaf ? Infinity : this.stream.bytesBuffered;
  }

  get bytesRead(): number {
    return this.stream.bytesRead;
  }

  /** Bytes read and not delivered yet: the pieces of a frame that is still coming in. */
  get bytesPending(): number {
    return this.#decoder.pendingBytes;
  }

  get limitBytes(): number {
    return this.#decoder.limitBytes;
  }

  set limitBytes(bytes: number) {
    this.#decoder.limitBytes = bytes;
  }

  get idleMs(): number {
    return this.#idleMs;
  }

  set idleMs(ms: number) {
    this.#idleMs = ms;
    this.#timer.rearm();
  }

  /** Milliseconds a started frame may take; 0 lifts the rule, for partners whose links may be slow. */
  set frameMs(ms: number) {
    this.#frameMs = ms;
    this.#timer.rearm();
  }

  onMessage(handler: (payload: Buffer) => void): void {
    const first = this.#onMessage === undefined;
    this.#onMessage = handler;
    if (!first || this.#state !== 'open') return;
    if (this.#decoder.pendingBytes > 0) queueMicrotask(() => this.#guardedDeliver());
    if (!this.#paused) this.stream.resume();
  }

  onClose(handler: (reason: CloseReason) => void): void {
    this.#onClose = handler;
  }

  onDrain(handler: () => void): void {
    this.#onDrain = handler;
  }

  /** Called once when the first byte is here, before it is taken for a frame; `detach` may follow. */
  onFirstByte(handler: () => void): void {
    this.#onFirstByte = handler;
  }

  send(payload: Uint8Array): boolean {
    if (this.#state !== 'open') return false;
    this.#sent = true;
    return this.stream.write(framed(payload));
  }

  pause(): void {
    if (this.#state !== 'open') return;
    this.#paused = true;
    this.stream.pause();
  }

  resume(): void {
    if (this.#state !== 'open' || !this.#paused) return;
    this.#paused = false;
    this.#lastInbound = performance.now();
    if (this.#frameStarted > 0) this.#frameStarted = this.#lastInbound;
    this.#guardedDeliver();
    this.#timer.rearm();
    if (this.#state === 'open' && !this.#paused) this.stream.resume();
  }

  close(reason: string): void {
    if (this.#state !== 'open') return;
    if (this.#sent) this.stream.finish();
    this.#over(reason);
  }

  /**
   * Stops framing and hands over the paused stream with every byte read behind the last delivered
   * frame. From here on this connection does nothing: no handler of it is called again.
   */
  detach(): { stream: TcpStream; rest: Buffer } {
    this.#state = 'detached';
    this.#timer.stop();
    this.stream.pause();
    this.stream.onBytes(ignore);
    this.stream.onEnd(ignore);
    this.stream.onDrain(ignore);
    return { stream: this.stream, rest: this.#decoder.rest() };
  }

  #read(bytes: Buffer): void {
    this.#lastInbound = performance.now();
    this.#decoder.push(Buffer.from(bytes));
    this.#guardedDeliver();
  }

  #guardedDeliver(): void {
    if (this.#delivering) return;
    this.#delivering = true;
    try {
      this.#deliver();
    } catch (error) {
      this.close(error instanceof WireError ? error.code : 'handler-failed');
    } finally {
      this.#delivering = false;
    }
  }

  #deliver(): void {
    const firstByte = this.#onFirstByte;
    this.#onFirstByte = undefined;
    firstByte?.();
    let delivered = false;
    while (this.#state === 'open' && !this.#paused) {
      const payload = this.#decoder.next();
      if (payload === undefined) break;
      delivered = true;
      this.#onMessage?.(payload);
    }
    if (this.#state === 'open') this.#noteFrameStart(delivered);
  }

  #noteFrameStart(delivered: boolean): void {
    if (!this.#decoder.midFrame) {
      this.#frameStarted = 0;
      return;
    }
    if (this.#frameStarted > 0 && !delivered) return;
    this.#frameStarted = this.#lastInbound;
    this.#timer.rearm();
  }

  /** While we hold the reading back, silence is our doing and no deadline runs. */
  #remainingMs(): number {
    return this.#paused ? Infinity : Math.min(this.#idleLeft(), this.#frameLeft());
  }

  #idleLeft(): number {
    return this.#idleMs === 0 ? Infinity : this.#lastInbound + this.#idleMs - performance.now();
  }

  #frameLeft(): number {
    if (this.#frameMs === 0 || this.#frameStarted === 0) return Infinity;
    return this.#frameStarted + this.#frameMs - performance.now();
  }

  #overdue(): CloseReason {
    return this.#frameLeft() <= 0 ? 'slow-frame' : 'idle';
  }

  #over(reason: CloseReason): void {
    if (this.#state !== 'open') return;
    this.#state = 'closed';
    this.#timer.stop();
    if (!this.#sent || reason === 'error') this.stream.destroy();
    else this.stream.finish();
    this.#onClose(reason);
  }
}

/** Header and payload as one piece; small ones live in memory that the next call reuses. */
function framed(payload: Uint8Array): Buffer {
  if (payload.length > SCRATCH.length - LONGEST_HEADER_BYTES) return encodeFrame(payload);
  const header = frameHeader(payload.length);
  SCRATCH.set(header, 0);
  SCRATCH.set(payload, header.length);
  return SCRATCH.subarray(0, header.length + payload.length);
}

function ignore(): void {}
