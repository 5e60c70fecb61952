import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { Server, Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { encodeFrame, encodeMessage } from '@waystation/wire';
import type { Answers, OpenOrder } from './orders.js';
import { Histogram } from './statistics.js';

/** How many dials are under way at the same time while many legs are opened. */
const DIALS_AT_ONCE = 64;
/** One read buffer for all legs of the process: generators should cost as little as they can. */
const READ_BUFFER = Buffer.alloc(256 * 1024);

/** Microseconds of the monotonic clock, comparable between processes. */
export function nowUs(): number {
  return Number(process.hrtime.bigint()) / 1000;
}

/** The join of a leg as bytes (protocol 7.1). */
export function joinFrame(uuid: string): Buffer {
  return encodeFrame(encodeMessage('requestRelay', { uuid }));
}

/**
 * A source address for the n-th connection, so that one target does not run out of ports. Needs a
 * target in a network whose addresses are all local (127/8, or the benchmark's own namespace).
 */
export function sourceAddress(target: string, n: number): string {
  return target.replace(/\.\d+$/, `.${String(2 + (n % 250))}`);
}

/** Cuts the stream of one leg into messages of one size and times them. */
class MessageMeter {
  #offset = 0;
  #sentAt = 0;
  readonly #stamp = Buffer.alloc(8);

  constructor(
    readonly bytes: number,
    readonly latency: Histogram,
  ) {}

  /** Every message starts with the time when it was sent, a double in µs. */
  push(chunk: Buffer, now: number): void {
    for (let at = 0; at < chunk.length;) {
      if (this.#offset < 8) {
        const taken = chunk.copy(this.#stamp, this.#offset, at, at + 8 - this.#offset);
        this.#offset += taken;
        at += taken;
        if (this.#offset === 8) this.#sentAt = this.#stamp.readDoubleLE(0);
        continue;
      }
      const taken = Math.min(chunk.length - at, this.bytes - this.#offset);
      this.#offset += taken;
      at += taken;
      if (this.#offset < this.bytes) continue;
      this.#offset = 0;
      this.latency.add(now - this.#sentAt);
    }
  }
}

/** The legs of one generator process. They count what they receive from the start. */
export class Legs {
  sockets: Socket[] = [];
  #server: Server | undefined;
  #bytes = 0;
  #latency = new Histogram();
  #messageBytes = 0;
  readonly #meters = new Map<number, MessageMeter>();
  #listener: ((chunk: Buffer) => void) | undefined;

  async open(order: OpenOrder): Promise<void> {
    if (order.how === 'listen' || order.how === 'sink') {
      await this.#listen(order);
      return;
    }
    let next = 0;
    const dialNext = async (): Promise<void> => {
      while (next < order.legs) {
        const n = next;
        next += 1;
        this.sockets[n] = await this.#dial(order, n);
      }
    };
    await Promise.all(Array.from({ length: DIALS_AT_ONCE }, dialNext));
  }

  reset(messageBytes: number): void {
    this.#bytes = 0;
    this.#latency = new Histogram();
    this.#messageBytes = messageBytes;
    this.#meters.clear();
  }

  count(): Answers['count'] {
    const latency = this.#latency;
    return { bytes: this.#bytes, messages: latency.total, latency: latency.counts };
  }

  /** The hash of the next `bytes` bytes of leg 0. */
  hashFirst(bytes: number): Promise<string> {
    const hash = createHash('sha256');
    let left = bytes;
    return new Promise((resolve) => {
      this.#listener = (chunk) => {
        hash.update(chunk.subarray(0, left));
        left -= chunk.length;
        if (left > 0) return;
        this.#listener = undefined;
        resolve(hash.digest('hex'));
      };
    });
  }

  async close(): Promise<void> {
    const open = this.sockets.filter((socket) => !socket.destroyed);
    const closed = open.map((socket) => once(socket, 'close'));
    for (const socket of open) socket.destroy();
    this.sockets = [];
    await Promise.all(closed);
    this.#server?.close();
    this.#server = undefined;
  }

  async #dial(order: OpenOrder, n: number): Promise<Socket> {
    const socket = connect({
      port: order.port,
      host: order.address,
      localAddress: sourceAddress(order.address, n),
      noDelay: true,
      onread: {
        buffer: READ_BUFFER,
        callback: (length) => {
          this.#received(n, READ_BUFFER.subarray(0, length));
          return true;
        },
      },
    });
    await once(socket, 'connect');
    socket.on('error', () => undefined);
    if (order.how === 'dial') socket.write(joinFrame(`${order.run}-${String(n)}`));
    return socket;
  }

  async #listen({ address, port, how }: OpenOrder): Promise<void> {
    this.#server = createServer({ noDelay: true }, (socket) => {
      if (how === 'sink') {
        socket.on('error', () => undefined).on('data', () => socket.destroy());
        return;
      }
      const n = this.sockets.push(socket) - 1;
      socket.on('error', () => undefined);
      socket.on('data', (chunk: Buffer) => {
        this.#received(n, chunk);
      });
    });
    this.#server.listen({ port, host: address, backlog: 4096 });
    await once(this.#server, 'listening');
  }

  #received(n: number, chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (n === 0) this.#listener?.(chunk);
    if (this.#messageBytes === 0) return;
    let meter = this.#meters.get(n);
    if (meter === undefined) {
      meter = new MessageMeter(this.#messageBytes, this.#latency);
      this.#meters.set(n, meter);
    }
    meter.push(chunk, nowUs());
  }
}
