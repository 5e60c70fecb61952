import type { Peer } from './peer.js';

/** Protocol 9.2 rule 4: pushes to one callee per second. */
const PUSHES_PER_SECOND = 10;
/** Clients ignore a second push for the same caller within this time themselves (protocol 1.4). */
const COALESCE_MS = 100;

/** What happens to a push: sent, merged with an identical one, or too many. */
export type PushVerdict = 'send' | 'coalesced' | 'too-many';

/** Decides about one push to `peer`; `key` names the caller and the kind of message. */
export function passPush(peer: Peer, key: string, nowMs: number): PushVerdict {
  if (peer.lastPushKey === key && nowMs - peer.lastPushMs < COALESCE_MS) return 'coalesced';
  const refill = ((nowMs - peer.pushRefilledMs) * PUSHES_PER_SECOND) / 1000;
  const tokens = Math.min(PUSHES_PER_SECOND, peer.pushTokens + refill);
  peer.pushRefilledMs = nowMs;
  peer.pushTokens = tokens;
  if (tokens < 1) return 'too-many';
  peer.pushTokens = tokens - 1;
  peer.lastPushKey = key;
  peer.lastPushMs = nowMs;
  return 'send';
}
