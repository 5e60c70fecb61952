import { WebSocket, type RawData } from 'ws';
import { normaliseIp, type SocketAddress } from '@waystation/wire';
import { CLIENT_TIMEOUT_MS, Leg, type DialOptions } from './leg.js';

// Clients never put more than this into one frame of a WebSocket message (protocol 1.8).
const WS_FRAME_LIMIT_BYTES = 16 * 1024 * 1024;
const WS_MESSAGE_LIMIT_BYTES = 64 * 1024 * 1024;

/** A WebSocket: one binary message is one payload. */
export class WsLeg extends Leg {
  readonly kind = 'ws';
  readonly local: SocketAddress;
  readonly remote: SocketAddress;
  /** The close code the other side gave; undefined until then. */
  closeCode: number | undefined;

  constructor(
    private readonly socket: WebSocket,
    ends: { readonly local: SocketAddress; readonly remote: SocketAddress },
  ) {
    super({
      pause: () => {
        socket.pause();
      },
      resume: () => {
        socket.resume();
      },
    });
    this.local = ends.local;
    this.remote = ends.remote;
    socket.on('message', this.read);
    socket.on('error', (error) => {
      this.inbox.end(error.message);
    });
    socket.on('close', (code) => {
      this.closeCode = code;
      this.inbox.end(`closed with code ${String(code)}`);
    });
  }

  override async transmit(payload: Uint8Array): Promise<void> {
    for (let start = WS_FRAME_LIMIT_BYTES; start < payload.length; start += WS_FRAME_LIMIT_BYTES) {
      await this.write(payload.subarray(start - WS_FRAME_LIMIT_BYTES, start), false);
    }
    const tail = Math.floor(Math.max(payload.length - 1, 0) / WS_FRAME_LIMIT_BYTES);
    await this.write(payload.subarray(tail * WS_FRAME_LIMIT_BYTES), true);
  }

  /** Sends one message in pieces of `pieceBytes`, each a WebSocket frame of its own. */
  async sendInPieces(payload: Uint8Array, pieceBytes: number): Promise<void> {
    for (let start = 0; start < payload.length; start += pieceBytes) {
      const end = start + pieceBytes;
      await this.write(payload.subarray(start, end), end >= payload.length);
    }
  }

  /** Sends a text message, which no client does. */
  sendText(text: string): void {
    this.socket.send(text);
  }

  override close(): void {
    this.socket.close(1000);
  }

  override abort(): void {
    this.socket.terminate();
  }

  private write(bytes: Uint8Array, fin: boolean): Promise<void> {
    return new Promise((resolve) => {
      if (this.socket.readyState !== WebSocket.OPEN) {
        resolve();
        return;
      }
      // A failed write shows as the end of the connection, where every reader looks anyway.
      this.socket.send(bytes, { binary: true, fin }, () => {
        resolve();
      });
    });
  }

  private readonly read = (data: RawData, isBinary: boolean): void => {
    // servers and peers send no text
    if (isBinary) this.inbox.push(toBuffer(data));
  };
}

/** Connects by WebSocket. Rejects when the upgrade is refused or does not happen in time. */
export function dialWs(options: DialOptions & { readonly path?: string }): Promise<WsLeg> {
  const host = options.host.includes(':') ? `[${options.host}]` : options.host;
  const url = `ws://${host}:${String(options.port)}${options.path ?? '/'}`;
  return new Promise((resolve, reject) => {
    const ends = { local: { ip: '0.0.0.0', port: 0 }, remote: { ip: '0.0.0.0', port: 0 } };
    const socket = new WebSocket(url, {
      perMessageDeflate: false,
      maxPayload: WS_MESSAGE_LIMIT_BYTES,
      handshakeTimeout: options.timeoutMs ?? CLIENT_TIMEOUT_MS,
      headers: options.headers ?? {},
      ...(options.from === undefined ? {} : { localAddress: options.from }),
      ...(options.fromPort === undefined ? {} : { localPort: options.fromPort }),
    });
    socket.once('upgrade', ({ socket: tcp }) => {
      ends.local = endpoint(tcp.localAddress, tcp.localPort);
      ends.remote = endpoint(tcp.remoteAddress, tcp.remotePort);
    });
    socket.once('error', reject);
    socket.once('open', () => {
      socket.off('error', reject);
      resolve(new WsLeg(socket, ends));
    });
  });
}

function endpoint(address: string | undefined, port: number | undefined): SocketAddress {
  return { ip: normaliseIp(address ?? '') ?? '0.0.0.0', port: port ?? 0 };
}

function toBuffer(data: RawData): Buffer {
  if (Buffer.isBuffer(data)) return data;
  return Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data);
}
