import { lookup } from 'node:dns/promises';
import { connect, type Socket } from 'node:net';
import { encodeFrame, FrameDecoder, normaliseIp, type SocketAddress } from '@waystation/wire';
import { CLIENT_TIMEOUT_MS, Leg, type DialOptions } from './leg.js';

// Clients accept frames up to the codec's limit of 1 GiB; nothing in a test is larger than this.
const FRAME_LIMIT_BYTES = 128 * 1024 * 1024;

/** A framed TCP connection; can also send and receive unframed bytes. */
export class TcpLeg extends Leg {
  readonly kind = 'tcp';
  readonly local: SocketAddress;
  readonly remote: SocketAddress;
  private readonly decoder = new FrameDecoder(FRAME_LIMIT_BYTES);
  private raw = false;

  constructor(private readonly socket: Socket) {
    super({ pause: () => socket.pause(), resume: () => socket.resume() });
    this.local = endpoint(socket.localAddress, socket.localPort);
    this.remote = endpoint(socket.remoteAddress, socket.remotePort);
    socket.setNoDelay(true);
    socket.on('data', this.read);
    socket.on('error', (error) => {
      this.inbox.end(error.message);
    });
    socket.on('end', () => {
      this.inbox.end('closed by the other side');
      socket.end();
    });
    socket.on('close', () => {
      this.inbox.end('closed');
    });
  }

  /** From now on {@link receive} hands out bytes as they come, headers included. */
  readRaw(): void {
    this.raw = true;
    const rest = this.decoder.rest();
    if (rest.length > 0) this.inbox.push(rest);
  }

  /** Sends bytes without a frame header, in one write. */
  sendRaw(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve) => {
      if (this.socket.destroyed || this.socket.write(bytes)) {
        resolve();
        return;
      }
      const done = (): void => {
        this.socket.off('drain', done);
        this.socket.off('close', done);
        resolve();
      };
      this.socket.once('drain', done);
      this.socket.once('close', done);
    });
  }

  override transmit(payload: Uint8Array): Promise<void> {
    return this.sendRaw(encodeFrame(payload));
  }

  /** Stops and resumes reading, to play a slow receiver. */
  throttle(slow: boolean): void {
    if (slow) this.socket.pause();
    else this.socket.resume();
  }

  override close(): void {
    this.socket.end();
  }

  override abort(): void {
    // libuv refuses a reset behind an orderly end and then polls that socket in a busy loop.
    if (this.socket.writableEnded) this.socket.destroy();
    else this.socket.resetAndDestroy();
  }

  private readonly read = (chunk: Buffer): void => {
    if (this.raw) {
      this.inbox.push(chunk);
      return;
    }
    try {
      this.decoder.push(chunk);
      for (let payload = this.decoder.next(); payload; payload = this.decoder.next()) {
        this.inbox.push(payload);
      }
    } catch (error) {
      this.inbox.end(`undecodable frame: ${String(error)}`);
      this.socket.destroy();
    }
  };
}

/** Connects by TCP. Rejects when the connection is refused or does not stand in time. */
export async function dialTcp(options: DialOptions): Promise<TcpLeg> {
  const { address, family } = await lookup(options.host);
  return new Promise((resolve, reject) => {
    const socket = connect({
      host: address,
      port: options.port,
      // An explicit bind lets other sockets of this client share the port, which hole punching needs.
      localAddress: options.from ?? (family === 6 ? '::' : '0.0.0.0'),
      localPort: options.fromPort ?? 0,
    });
    const timeoutMs = options.timeoutMs ?? CLIENT_TIMEOUT_MS;
    socket.setTimeout(timeoutMs, () => {
      socket.destroy(new Error(`no connection within ${String(timeoutMs)} ms`));
    });
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.setTimeout(0);
      socket.off('error', reject);
      resolve(new TcpLeg(socket));
    });
  });
}

function endpoint(address: string | undefined, port: number | undefined): SocketAddress {
  return { ip: normaliseIp(address ?? '') ?? '0.0.0.0', port: port ?? 0 };
}
