import { writeSync } from 'node:fs';
import { Socket } from 'node:net';
import type { SocketConstructorOpts } from 'node:net';
import { noteClosing } from './closing.js';
import { Loan } from './loan.js';

/**
 * Every stream of the process reads into one of two buffers, so an idle stream owns none and a read
 * allocates nothing (performance.md 1). The small one bounds what a stranger can make us keep with
 * one read; the large one makes bulk copies cheap.
 */
const SMALL_READ = Buffer.allocUnsafeSlow(16 * 1024);
const LARGE_READ = Buffer.allocUnsafeSlow(256 * 1024);

/** How long a closed stream may take to get its last bytes out. */
const FLUSH_MS = 30_000;
/** How long, after that, the other side may take to read on and close, lest our reset overtakes our last bytes. */
const LINGER_MS = 15_000;

/** What a write fails with once the other side has reset the connection. */
const RESET: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE']);

/** `closed`: the other side ended it. `error`: reset, timeout or a failed write. */
export type StreamEnd = 'closed' | 'error';

/** The parts of Node's own socket handle that we rely on; Node is pinned, and a test guards them. */
interface SocketInternals {
  _handle: { readonly fd: number } | null;
}

/**
 * A TCP socket that reads into a shared buffer and writes without queueing as long as the kernel
 * takes the bytes. Starts paused. Handlers are single: setting one again replaces it.
 */
export class TcpStream {
  readonly socket: Socket;
  #readBuffer = SMALL_READ;
  #onBytes: (bytes: Buffer) => void = ignore;
  #onEnd: (end: StreamEnd) => void = ignore;
  #onDrain: () => void = ignore;
  #ended = false;
  #isDeaf = false;
  #finishing = false;
  #isQueued = false;
  #isLent = false;
  #onGone: () => void = ignore;

  /** Takes the descriptor over from a socket that a server accepted paused; that socket is empty after. */
  constructor(accepted: Socket) {
    const internals = accepted as unknown as SocketInternals;
    const handle = internals._handle;
    internals._handle = null;
    const options = {
      handle: handle as unknown as SocketConstructorOpts['handle'],
      allowHalfOpen: true,
      pauseOnCreate: true,
      onread: {
        buffer: () => this.#readBuffer,
        callback: (length: number, buffer: Uint8Array) => this.#read(length, buffer as Buffer),
      },
    };
    this.socket = new Socket(options);
    this.socket.on('error', () => this.#end('error'));
    this.socket.on('end', () => this.#end('closed'));
    this.socket.on('close', () => {
      this.#end('closed');
      if (!this.#isLent) this.#onGone();
      this.#letGo();
    });
  }

  /** The descriptor number, or -1 once the socket is gone. */
  get fd(): number {
    return (this.socket as unknown as SocketInternals)._handle?.fd ?? -1;
  }

  /** Bytes that wait here because the kernel has not taken them. */
  get bytesBuffered(): number {
    return this.socket.writableLength;
  }

  /** Bytes received so far. */
  get bytesRead(): number {
    return this.socket.bytesRead;
  }

  /** Whether the other side ended it, it failed, or it was destroyed. */
  get ended(): boolean {
    return this.#ended;
  }

  /**
   * Whether the other side takes nothing more, because it has reset the connection. What it had sent before
   * is still with the kernel: the end follows behind it, once it was read.
   */
  get isDeaf(): boolean {
    return this.#isDeaf;
  }

  /** Takes every chunk. The bytes are overwritten by the next read of any stream: copy what must stay. */
  onBytes(handler: (bytes: Buffer) => void): void {
    this.#onBytes = handler;
  }

  /** Called once when the stream ends for any reason but our own `finish` and `destroy`. */
  onEnd(handler: (end: StreamEnd) => void): void {
    this.#onEnd = handler;
  }

  onDrain(handler: () => void): void {
    this.#onDrain = handler;
  }

  /** Called once when the connection is gone, whoever moved its bytes last. */
  onGone(handler: () => void): void {
    this.#onGone = handler;
  }

  /**
   * Somebody else owns the connection from now on, under a descriptor of his own: this stream is over and
   * its socket may be destroyed, but the connection counts until the loan says that it is gone.
   */
  lend(): Loan {
    this.#isLent = true;
    this.#ended = true;
    return new Loan(this.#onGone);
  }

  /** Reads of up to 256 KiB from now on, instead of 16 KiB. */
  readLarge(): void {
    this.#readBuffer = LARGE_READ;
  }

  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
  }

  /**
   * Sends the bytes; the caller may reuse their memory at once. False when some of them had to be
   * copied and wait for the kernel (`onDrain` tells when they have left) or nobody takes them any more.
   */
  write(bytes: Buffer): boolean {
    if (this.#ended || this.#finishing || this.#isDeaf) return false;
    const taken = this.socket.writableLength > 0 ? 0 : this.#writeNow(bytes);
    if (taken === bytes.length) return true;
    if (this.#ended || this.#isDeaf) return false;
    this.#isQueued = true;
    // Not 'drain': it follows only when more than the high-water mark waited.
    this.socket.write(Buffer.from(bytes.subarray(taken)), this.#flushed);
    return false;
  }

  readonly #flushed = (): void => {
    if (!this.#isQueued || this.#ended || this.socket.writableLength > 0) return;
    this.#isQueued = false;
    this.#onDrain();
  };

  /** Sends what is queued, ends our side, drops what still comes in, and is gone soon after. */
  finish(): void {
    if (this.#finishing || this.socket.destroyed) return;
    this.#finishing = true;
    noteClosing(this.socket);
    this.#onBytes = ignore;
    const flush = setTimeout(() => this.destroy(), FLUSH_MS).unref();
    this.socket.once('close', () => clearTimeout(flush));
    this.socket.end(() => this.#linger());
    this.socket.resume();
  }

  /** Gone at once, with whatever was queued. */
  destroy(): void {
    this.#ended = true;
    this.socket.destroy();
  }

  #linger(): void {
    if (this.socket.readableEnded) return this.destroy();
    const linger = setTimeout(() => this.destroy(), LINGER_MS).unref();
    this.socket.once('close', () => clearTimeout(linger));
  }

  #read(length: number, buffer: Buffer): boolean {
    try {
      this.#onBytes(buffer.subarray(0, length));
    } catch {
      // A handler's failure must not become an uncaught error of the process: this stream pays for it.
      this.#end('error');
    }
    return !this.socket.destroyed;
  }

  /** One write(2) on the non-blocking descriptor; answers how many bytes the kernel took. */
  #writeNow(bytes: Buffer): number {
    try {
      return writeSync(this.fd, bytes, 0, bytes.length);
    } catch (error) {
      const { code = '' } = error as NodeJS.ErrnoException;
      if (RESET.has(code)) this.#isDeaf = true;
      else if (code !== 'EAGAIN') this.#end('error');
      return 0;
    }
  }

  /**
   * Node's sockets outlive their connection until a full collection; what our handlers hold need not. A
   * loan keeps the one that it was given.
   */
  #letGo(): void {
    this.#onBytes = ignore;
    this.#onEnd = ignore;
    this.#onDrain = ignore;
    this.#onGone = ignore;
  }

  #end(end: StreamEnd): void {
    if (this.#finishing && end === 'closed' && !this.socket.writableFinished) return;
    if (this.#ended) return;
    this.#ended = true;
    if (this.#finishing) return void this.socket.destroy();
    this.#onEnd(this.#isDeaf ? 'error' : end);
  }
}

function ignore(): void {}
