import type { SecureChannel, SocketAddress } from '@waystation/wire';
import { Inbox, type Throttle } from './inbox.js';

/** How a client reaches a server or a peer. */
export type Transport = 'tcp' | 'ws';

/** What a leg runs on; datagrams only between two clients. */
export type LegKind = Transport | 'udp';

/** Where from and where to. */
export interface DialOptions {
  readonly host: string;
  readonly port: number;
  /** Source address; a second "public" address on loopback is 127.0.0.x. */
  readonly from?: string;
  /** Source port, to reuse the one of another connection of the same client. */
  readonly fromPort?: number;
  /** Milliseconds for the connection to stand; default 18,000 like clients. */
  readonly timeoutMs?: number;
  /** More request headers of a WebSocket upgrade, such as X-Real-IP. */
  readonly headers?: Record<string, string>;
}

/** Clients wait this long for a connection and for most answers (protocol 1.4). */
export const CLIENT_TIMEOUT_MS = 18_000;

/**
 * One connection that carries whole payloads: framed TCP or WebSocket, to a rendezvous, a relay or a peer, or
 * datagrams to a peer.
 * Everything after {@link secure} is sealed with the session key, except empty payloads.
 */
export abstract class Leg {
  abstract readonly kind: LegKind;
  /** Our end of the connection. */
  abstract readonly local: SocketAddress;
  /** The other end of the connection. */
  abstract readonly remote: SocketAddress;
  protected readonly inbox: Inbox;
  private channel: SecureChannel | undefined;

  protected constructor(throttle: Throttle) {
    this.inbox = new Inbox(throttle);
  }

  /** Why the connection ended; undefined while it stands. */
  get endReason(): string | undefined {
    return this.inbox.endReason;
  }

  /** True once both sides agreed on a session key. */
  get secured(): boolean {
    return this.channel !== undefined;
  }

  /** From now on every non-empty payload is encrypted in both directions. */
  secure(channel: SecureChannel): void {
    this.channel = channel;
  }

  /** Sends one payload; resolves when the system has room for more. */
  send(payload: Uint8Array): Promise<void> {
    const sealed = this.channel && payload.length > 0 ? this.channel.seal(payload) : payload;
    return this.transmit(sealed);
  }

  /** The next payload; undefined when the connection ended. Rejects with NothingCame after `timeoutMs`. */
  async receive(timeoutMs = CLIENT_TIMEOUT_MS): Promise<Buffer | undefined> {
    const payload = await this.inbox.take(timeoutMs, `${this.kind} payload`);
    if (!payload || !this.channel) return payload;
    return this.channel.open(payload);
  }

  /** Resolves with the reason once the connection ended; payloads before the end are thrown away. */
  async ended(timeoutMs = CLIENT_TIMEOUT_MS): Promise<string> {
    while (await this.inbox.take(timeoutMs, 'end of the connection'));
    return this.endReason ?? '';
  }

  /** Ends the connection orderly. */
  abstract close(): void;

  /** Ends it with a reset, like a cable that is pulled. */
  abstract abort(): void;

  /** Puts bytes on the wire as one frame or message, without encryption. */
  abstract transmit(payload: Uint8Array): Promise<void>;
}
