import type { Socket } from 'node:net';
import type { SocketAddress } from '@waystation/wire';
import type { WebSocket } from 'ws';
import { noteClosing } from './closing.js';
import {
  DEFAULT_FRAME_MS,
  DEFAULT_IDLE_MS,
  DEFAULT_LIMIT_BYTES,
  type CloseReason,
  type Connection,
} from './connection.js';
import { LazyTimer } from './lazy-timer.js';

/** Largest WebSocket frame that clients accept (protocol 1.8). */
const LONGEST_WS_FRAME_BYTES = 16 * 1024 * 1024;
/** Beyond this many waiting bytes `send` asks its caller to wait. */
const HIGH_WATER_BYTES = 64 * 1024;
/**
 * How long the client may take to answer our Close frame, behind which it may have seconds of our data to
 * read; ws itself gives up after 30 s, flushed or not.
 */
const CLOSE_MS = 15_000;

/** ws takes its message limit once for a whole server; each connection here has its own. */
interface ReceiverInternals {
  _receiver?: { _maxPayload: number };
}

/** Binary messages of one WebSocket. Text is counted as activity and otherwise ignored. */
export class WsConnection implements Connection {
  readonly kind = 'ws';
  readonly #timer = new LazyTimer(
    () => this.#remainingMs(),
    () => this.close(this.#overdue()),
  );
  #onMessage: ((payload: Buffer) => void) | undefined;
  #onClose: (reason: CloseReason) => void = ignore;
  #onDrain: () => void = ignore;
  #closed = false;
  #paused = false;
  #corked = false;
  #idleMs = DEFAULT_IDLE_MS;
  #frameMs: number;
  #limitBytes = DEFAULT_LIMIT_BYTES;
  #lastInbound = performance.now();
  #messageStarted = 0;
  #pauseAt = Infinity;
  #delivered = false;

  /** @param transport the byte stream below the WebSocket */
  constructor(
    readonly socket: WebSocket,
    readonly remote: SocketAddress,
    readonly transport: Socket,
    frameMs = DEFAULT_FRAME_MS,
  ) {
    this.#frameMs = frameMs;
    this.limitBytes = DEFAULT_LIMIT_BYTES;
    socket.on('message', (data, isBinary) => this.#receive(data, isBinary));
    socket.on('ping', () => (this.#delivered = true));
    socket.on('pong', () => (this.#delivered = true));
    socket.on('close', () => this.#over('closed'));
    socket.on('error', (error) => this.#fail(error));
    transport.on('data', () => this.#noteBytes());
    transport.on('drain', () => this.#onDrain());
    socket.pause();
    this.#timer.rearm();
  }

  get closed(): boolean {
    return this.#closed;
  }

  get bytesBuffered(): number {
    return this.socket.bufferedAmount;
  }

  get bytesRead(): number {
    return this.transport.bytesRead;
  }

  get limitBytes(): number {
    return this.#limitBytes;
  }

  set limitBytes(bytes: number) {
    this.#limitBytes = bytes;
    const receiver = (this.socket as ReceiverInternals)._receiver;
    if (receiver !== undefined) receiver._maxPayload = bytes;
  }

  get idleMs(): number {
    return this.#idleMs;
  }

  set idleMs(ms: number) {
    this.#idleMs = ms;
    this.#timer.rearm();
  }

  /** Milliseconds a started message may take; 0 lifts the rule, for partners whose links may be slow. */
  set frameMs(ms: number) {
    this.#frameMs = ms;
    this.#timer.rearm();
  }

  onMessage(handler: (payload: Buffer) => void): void {
    const first = this.#onMessage === undefined;
    this.#onMessage = handler;
    if (first && !this.#paused) this.socket.resume();
  }

  onClose(handler: (reason: CloseReason) => void): void {
    this.#onClose = handler;
  }

  onDrain(handler: () => void): void {
    this.#onDrain = handler;
  }

  /** The payload is kept by reference until it has left: do not reuse its memory. */
  send(payload: Uint8Array): boolean {
    if (this.#closed) return false;
    this.#corkThisTurn();
    let rest = payload;
    while (rest.length > LONGEST_WS_FRAME_BYTES) {
      this.socket.send(rest.subarray(0, LONGEST_WS_FRAME_BYTES), { binary: true, fin: false });
      rest = rest.subarray(LONGEST_WS_FRAME_BYTES);
    }
    this.socket.send(rest, { binary: true, fin: true });
    return this.socket.bufferedAmount < HIGH_WATER_BYTES;
  }

  pause(): void {
    this.#paused = true;
    this.socket.pause();
  }

  /** Pauses by itself once about so many more bytes have come in, complete messages or not. */
  pauseAfter(bytes: number): void {
    this.#pauseAt = this.bytesRead + bytes;
  }

  resume(): void {
    this.#pauseAt = Infinity;
    if (!this.#paused) return;
    this.#paused = false;
    this.#lastInbound = performance.now();
    if (this.#messageStarted > 0) this.#messageStarted = this.#lastInbound;
    this.#timer.rearm();
    this.socket.resume();
  }

  close(reason: string, wsCode = 1000): void {
    if (this.#closed) return;
    noteClosing(this.transport);
    this.socket.resume();
    this.socket.close(wsCode);
    this.#terminateSoon();
    this.#over(reason);
  }

  /** A client that does not answer our Close frame is cut off, but not while it still takes our data. */
  #terminateSoon(): void {
    const patience = setTimeout(() => {
      if (this.socket.bufferedAmount === 0) this.socket.terminate();
    }, CLOSE_MS).unref();
    this.socket.once('close', () => clearTimeout(patience));
  }

  /** What is sent in one turn of the event loop leaves with one system call. */
  #corkThisTurn(): void {
    if (this.#corked) return;
    this.#corked = true;
    this.transport.cork();
    process.nextTick(() => {
      this.#corked = false;
      this.transport.uncork();
    });
  }

  #receive(data: unknown, isBinary: boolean): void {
    this.#delivered = true;
    if (!isBinary || this.#closed || !(data instanceof Buffer)) return;
    try {
      this.#onMessage?.(data);
    } catch {
      this.close('handler-failed', 1011);
    }
  }

  /** Runs behind ws's own listener, so a message that these bytes completed has been delivered. */
  #noteBytes(): void {
    this.#lastInbound = performance.now();
    if (this.#delivered) this.#messageStarted = 0;
    else if (this.#messageStarted === 0) {
      this.#messageStarted = this.#lastInbound;
      this.#timer.rearm();
    }
    this.#delivered = false;
    if (this.#pauseAt !== Infinity && this.bytesRead >= this.#pauseAt) this.pause();
  }

  /** While we hold the reading back, silence is our doing and no deadline runs. */
  #remainingMs(): number {
    return this.#paused ? Infinity : Math.min(this.#idleLeft(), this.#frameLeft());
  }

  #idleLeft(): number {
    return this.#idleMs === 0 ? Infinity : this.#lastInbound + this.#idleMs - performance.now();
  }

  #frameLeft(): number {
    if (this.#frameMs === 0 || this.#messageStarted === 0) return Infinity;
    return this.#messageStarted + this.#frameMs - performance.now();
  }

  #overdue(): CloseReason {
    return this.#frameLeft() <= 0 ? 'slow-frame' : 'idle';
  }

  #fail(error: Error): void {
    const code = (error as NodeJS.ErrnoException).code;
    this.#terminateSoon();
    this.#over(code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH' ? 'frame-too-long' : 'error');
  }

  #over(reason: CloseReason): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#timer.stop();
    this.#onClose(reason);
  }
}

function ignore(): void {}
