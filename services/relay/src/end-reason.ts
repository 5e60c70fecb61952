/**
 * Why a leg was turned away or a session ended: a closed list, used as metric label and in the log.
 *
 * - `closed` a client left, `error` its connection failed
 * - `idle` no byte from either side for too long
 * - `join-timeout` no join in time, `not-a-join` something else came first, `bad-key` wrong licence key
 * - `waiting-timeout` no partner in time, `waiting-full` too many legs wait already
 * - `no-ticket` no rendezvous has announced the uuid, `ticket-used` another session has used it
 * - `too-long` a message above the limit
 * - `blocked` its address is on the blocklist, `sessions-full` its address has too many sessions
 * - `closed-by-operator` an operator ended the session or shut out its device
 * - `shutdown` this replica ends
 */
export const END_REASONS = [
  'closed',
  'error',
  'idle',
  'join-timeout',
  'not-a-join',
  'bad-key',
  'waiting-timeout',
  'waiting-full',
  'no-ticket',
  'ticket-used',
  'too-long',
  'blocked',
  'sessions-full',
  'closed-by-operator',
  'shutdown',
] as const;

export type EndReason = (typeof END_REASONS)[number];

/** What lib net says about a connection, in our words. */
export function endReasonOf(closeReason: string): EndReason {
  if (closeReason === 'closed') return 'closed';
  if (closeReason === 'frame-too-long') return 'too-long';
  return 'error';
}

/** WebSocket close code: 1008 when the client broke a rule, else 1000 (protocol 7.4). */
export function wsCodeOf(reason: EndReason): number {
  return POLICY.has(reason) ? 1008 : 1000;
}

const POLICY: ReadonlySet<EndReason> = new Set([
  'bad-key',
  'not-a-join',
  'waiting-full',
  'no-ticket',
  'ticket-used',
  'too-long',
  'blocked',
  'sessions-full',
  'closed-by-operator',
]);
