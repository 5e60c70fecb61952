/** Times and sizes that a relay keeps to; milliseconds and bytes. */
export interface RelayLimits {
  /** Time for the first message. */
  readonly joinMs: number;
  /** Longest first message. */
  readonly joinBytes: number;
  /** Time that the first leg waits for the second. */
  readonly waitMs: number;
  /** What a waiting leg may send ahead before it is no longer read. */
  readonly earlyBytes: number;
  /** Legs that may wait, all together and of one address (IPv6: one /64); 0 is no limit. */
  readonly waitingTotal: number;
  readonly waitingPerAddress: number;
  /** Legs of one address (IPv6: one /64) in running sessions; 0 is no limit. */
  readonly sessionsPerAddress: number;
  /** A session without a byte from either side for longer than this ends. */
  readonly idleMs: number;
  /** How often that is looked at. */
  readonly idleCheckMs: number;
  /** Longest message between a WebSocket and its partner. */
  readonly messageBytes: number;
  /** Bytes that may wait for one receiver before its sender is no longer read. */
  readonly queueBytes: number;
}

/** The limits of protocol 1.4, 2.3 and 7.2 to 7.5. */
export const PROTOCOL_LIMITS: RelayLimits = {
  joinMs: 30_000,
  joinBytes: 4 * 1024,
  waitMs: 30_000,
  earlyBytes: 64 * 1024,
  waitingTotal: 10_000,
  waitingPerAddress: 20,
  sessionsPerAddress: 0,
  idleMs: 30_000,
  idleCheckMs: 3_000,
  messageBytes: 64 * 1024 * 1024,
  queueBytes: 1024 * 1024,
};
