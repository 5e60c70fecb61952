/**
 * What callers are shown when an attempt is refused. A client repeats an attempt by itself unless
 * the text holds one of `offline`, `not exist`, `failed`, `not allowed`, … (protocol 6.7.3), so
 * each text is worded for what should happen next.
 */
export const REFUSAL_TEXT = {
  limited: 'Too many attempts: not allowed right now, please wait a minute.',
  lookup: 'The server cannot look up this device right now. Please wait a moment.',
  unknownId: 'This ID does not exist on the server.',
  offline: 'The remote device is offline.',
  foreignRelay: 'The relay named in this request is not allowed by the server.',
  noGrant: 'This relay request is not allowed: ask for the connection again.',
  badUuid: 'The relay request is malformed and not allowed.',
} as const;

/** Why an attempt ended, the same word in the metric and in the log. */
export type Outcome =
  | 'direct'
  | 'local'
  | 'relay'
  | 'key-mismatch'
  | 'key-blocked'
  | 'limited'
  | 'unknown-id'
  | 'offline'
  | 'lookup-failed'
  | 'foreign-relay'
  | 'no-grant'
  | 'bad-uuid'
  | 'unanswered';
