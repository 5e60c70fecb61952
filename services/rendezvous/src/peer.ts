/** How a registered peer is reached. */
export type PeerTransport = 'udp' | 'tcp' | 'ws';

/** The connection of a peer that registered over TCP or WebSocket. */
export interface PeerChannel {
  push(message: Uint8Array): void;
  close(reason: string): void;
}

/** A registered peer as this replica knows it. One object per peer: keep it small. */
export interface Peer {
  readonly id: string;
  readonly transport: PeerTransport;
  ip: string;
  port: number;
  /** Clock reading of the last sign of life; for connections the connection itself is the sign. */
  lastSeenMs: number;
  /** Tells this stay from every other one, also on other replicas. */
  readonly generation: number;
  /**
   * Signed IdPk, one character per byte, empty when there is none. A Buffer of this size would cost
   * twice as much and keep alive the block that it was cut from, with whatever else was in it.
   */
  readonly signedText: string;
  readonly channel: PeerChannel | undefined;
  /** Its identity is lost: it must prove itself again, and counts as online meanwhile. */
  doubted: boolean;
  /** Redis has taken this stay at least once. */
  announced: boolean;
  pushTokens: number;
  pushRefilledMs: number;
  lastPushMs: number;
  lastPushKey: string;
}
