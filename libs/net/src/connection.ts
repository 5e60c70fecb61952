import type { SocketAddress } from '@waystation/wire';

/** Longest frame a fresh connection accepts (protocol 2.3 rule 6); a service raises it when it knows more. */
export const DEFAULT_LIMIT_BYTES = 64 * 1024;

/** A connection that says nothing for so long is closed (protocol 1.4). */
export const DEFAULT_IDLE_MS = 30_000;

/** A started frame must be complete within this time, measured from its first byte (protocol 2.3 rule 7). */
export const DEFAULT_FRAME_MS = 30_000;

/**
 * One client's connection that delivers whole payloads, whatever carried them: a frame on TCP, a
 * binary message on WebSocket. Handlers are single: setting one again replaces it. Reading begins
 * with `onMessage`. A handler that throws closes this connection and nothing else.
 */
export interface Connection {
  readonly kind: 'tcp' | 'ws';
  /**
   * The client's address. Behind a trusted proxy it is the address that proxy reports. For `ws` the
   * port is a number unique among the live connections of that ip, not a place to send to.
   */
  readonly remote: SocketAddress;
  readonly closed: boolean;
  /** Bytes handed to `send` that the kernel has not taken yet; Infinity when it takes none any more. */
  readonly bytesBuffered: number;
  /** Bytes received so far, headers, pings and texts included. */
  readonly bytesRead: number;
  /** Largest accepted payload in bytes; a longer one closes the connection without a reply. */
  limitBytes: number;
  /** Close after so many milliseconds without an inbound byte; 0 means never. */
  idleMs: number;
  onMessage(handler: (payload: Buffer) => void): void;
  /** Called once, as soon as the connection counts as closed, by either side. */
  onClose(handler: (reason: CloseReason) => void): void;
  /** Called each time everything that `send` had to queue has left. */
  onDrain(handler: () => void): void;
  /** Sends one payload. False: it was queued (wait for `onDrain`), or the connection is closed. */
  send(payload: Uint8Array): boolean;
  /** Stops reading, so that the sender feels the back-pressure; no message is delivered until `resume`. */
  pause(): void;
  resume(): void;
  /** Flushes what `send` accepted, then ends the connection. `wsCode` is the WebSocket close code, 1000 by default. */
  close(reason: string, wsCode?: number): void;
}

/**
 * Why a connection ended: `closed` the client left, `idle`, `slow-frame`, `error` (socket error),
 * a WireError code such as `frame-too-long`, `handler-failed`, or the text given to `close`.
 */
export type CloseReason = string;

/** A listening socket that hands out connections. */
export interface Listener {
  readonly port: number;
  /** Sockets that came in through this listener and are still open. */
  readonly connections: number;
  /** Stops accepting; connections that are open stay open. */
  close(): Promise<void>;
}
