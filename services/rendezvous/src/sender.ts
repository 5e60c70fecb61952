import type { SocketAddress } from '@waystation/wire';
import type { Caller } from './callers.js';
import type { Transport } from './counters.js';
import type { LiveSession } from './live-sessions.js';
import type { Peer, PeerChannel } from './peer.js';

/** Where a message came from, the same for every transport. */
export interface Sender {
  readonly kind: Transport;
  readonly remote: SocketAddress;
  reply(message: Uint8Array): void;
  /** Ends the connection when everything replied has left; nothing to do on UDP. */
  close(reason: string): void;
  /** What a conversation can be held on; undefined on UDP and on TCP p-1. */
  readonly stream: StreamSender | undefined;
}

/** The part of a sender that only TCP p and WebSocket p+2 have. */
export interface StreamSender extends PeerChannel {
  readonly kind: 'tcp' | 'ws';
  /** True on a channel that nobody on the way can read: secured by us, or WebSocket as clients take it. */
  readonly secured: boolean;
  /** This connection among the callers that wait for an answer. */
  caller(): Caller;
  /** The connection is the channel of this peer from now on: keep-alive instead of an idle limit. */
  registered(peer: Peer): void;
  /** The connection shows that a session lives: kept like a registered one, its end is the session's. */
  follow(session: LiveSession): void;
  /** A registration was refused for now; the client will try again on this connection. */
  refused(): void;
}
