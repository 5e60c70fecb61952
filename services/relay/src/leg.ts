import type { TcpConnection, TcpStream, WsConnection } from '@waystation/net';
import type { ReplicaId } from '@waystation/state';
import type { SocketAddress } from '@waystation/wire';
import type { EndReason } from './end-reason.js';
import { endReasonOf, wsCodeOf } from './end-reason.js';

/** Where a leg comes from. */
export interface LegOrigin {
  /** Address of the client, also when another replica carried the leg here. */
  readonly remote: SocketAddress;
  /** How the client came, which is not how its bytes come when another replica carries them. */
  readonly transport: 'tcp' | 'ws';
  /** Only a caller names the id it wants. */
  readonly isCaller: boolean;
  /** The replica that carries it; undefined for a client of this one. */
  readonly via?: ReplicaId;
}

/** A TCP stream ready for a session, and what it sent ahead, frame headers included. */
export interface RawEnd {
  readonly stream: TcpStream;
  readonly early: Buffer;
}

/** A WebSocket ready for a session, and the messages it sent ahead. */
export interface WsEnd {
  readonly connection: WsConnection;
  readonly early: readonly Buffer[];
}

/**
 * A client that has joined over TCP. What follows its join is kept as it came: only the partner
 * decides whether frames are looked at.
 */
export class TcpLeg {
  readonly kind = 'tcp';
  readonly #stream: TcpStream;
  #early: Buffer[];
  #earlyBytes: number;

  constructor(
    connection: TcpConnection,
    readonly origin: LegOrigin,
  ) {
    const { stream, rest } = connection.detach();
    this.#stream = stream;
    this.#early = [rest];
    this.#earlyBytes = rest.length;
  }

  get remote(): SocketAddress {
    return this.origin.remote;
  }

  /** Keeps reading, to notice when the client leaves, until it has sent `earlyBytes` ahead. */
  wait(earlyBytes: number, left: (reason: EndReason) => void): void {
    this.#stream.onEnd((end) => {
      this.#stream.destroy();
      left(end);
    });
    this.#stream.onBytes((bytes) => {
      this.#early.push(Buffer.from(bytes));
      this.#earlyBytes += bytes.length;
      if (this.#earlyBytes >= earlyBytes) this.#stream.pause();
    });
    if (this.#earlyBytes < earlyBytes) this.#stream.resume();
  }

  /** Ends the waiting; the stream is paused and nobody listens to it. */
  take(): RawEnd {
    this.#stream.pause();
    this.#stream.onEnd(() => undefined);
    this.#stream.onBytes(() => undefined);
    const early = Buffer.concat(this.#early);
    this.#early = [];
    return { stream: this.#stream, early };
  }

  /** Hangs up without a word. */
  dismiss(): void {
    this.#stream.destroy();
  }
}

/** A client that has joined over WebSocket. */
export class WsLeg {
  readonly kind = 'ws';
  readonly #connection: WsConnection;
  #early: Buffer[] = [];

  /** @param messageBytes longest message from now on */
  constructor(
    connection: WsConnection,
    readonly origin: LegOrigin,
    messageBytes: number,
  ) {
    this.#connection = connection;
    connection.limitBytes = messageBytes;
    connection.onMessage((payload) => this.#early.push(payload));
  }

  get remote(): SocketAddress {
    return this.origin.remote;
  }

  /** Keeps reading, to notice when the client leaves, until it has sent `earlyBytes` ahead. */
  wait(earlyBytes: number, left: (reason: EndReason) => void): void {
    this.#connection.onClose((reason) => left(endReasonOf(reason)));
    this.#connection.pauseAfter(earlyBytes);
  }

  /** Ends the waiting; nobody listens to the connection. */
  take(): WsEnd {
    this.#connection.onClose(() => undefined);
    const early = this.#early;
    this.#early = [];
    return { connection: this.#connection, early };
  }

  dismiss(reason: EndReason): void {
    this.#connection.close(reason, wsCodeOf(reason));
  }
}

/** A client that has joined and is not yet part of a session. */
export type Leg = TcpLeg | WsLeg;
