/** Every way a refused attempt can be explained; the word is the same in metric, log and record. */
interface Refusal {
  readonly text: string;
  /** Whether the client shall try again by itself. */
  readonly again: boolean;
}

/**
 * What callers are shown when an attempt is refused. A client repeats an attempt by itself unless the
 * text holds one of SUPPRESSING (protocol 6.7.3), so each text is worded for what should happen next;
 * a test holds them to it. No text begins with "Failed": clients add words of their own to that.
 */
export const refusals = {
  limited: {
    text: 'Too many attempts: not allowed right now, please wait a minute',
    again: false,
  },
  'login-required': {
    text: 'Please log in: connections without a login are not allowed by this server',
    again: false,
  },
  'login-over': {
    text: 'Your login is over, so this connection is not allowed: please log out and log in again',
    again: false,
  },
  'no-access': {
    text: 'Your account is not allowed to connect to this device: ask whoever runs the server',
    again: false,
  },
  'old-callee': {
    text: 'The client on this device is too old to keep to what your role lets you do, so connecting is not allowed: have it updated to 1.4.5 or newer',
    again: false,
  },
  'unsure-callee': {
    text: 'The server has yet to learn whether this device keeps to what your role lets you do: please try again',
    again: true,
  },
  'unknown-id': { text: 'This ID does not exist on the server', again: false },
  offline: { text: 'The remote device is offline', again: false },
  'foreign-relay': {
    text: 'The relay named in this request is not allowed by the server',
    again: false,
  },
  'no-grant': {
    text: 'This relay request is not allowed: ask for the connection again',
    again: false,
  },
  'bad-uuid': { text: 'The relay request is malformed and not allowed', again: false },
  'state-away': {
    text: 'The server cannot look this up right now, please wait a moment',
    again: true,
  },
} as const satisfies Record<string, Refusal>;

/** The words of protocol 6.7.3: a client that reads one of them does not try again by itself. */
export const SUPPRESSING: readonly string[] = [
  ...['offline', 'not exist', 'handshake', 'failed', 'resolve', 'mismatch', 'manually'],
  ...['restricted', 'incoming only', 'not allowed'],
];

/** A refusal that has a text; `key-mismatch` has a number that clients know. */
export type RefusalCode = keyof typeof refusals;

const WITHOUT_TEXT = [
  'key-mismatch',
  'key-blocked',
  // the callee's address, its address in the same network, or a relay went to the caller
  'direct',
  'local',
  'relay',
  // nobody answered until the caller's patience, or ours, was over
  'unanswered',
  // the caller left before that
  'caller-gone',
  // this replica ended meanwhile
  'replica-ended',
] as const;

/** Why an attempt ended. */
export type Outcome = RefusalCode | (typeof WITHOUT_TEXT)[number];

/** Every outcome there is, in no order that matters. */
export const OUTCOMES: readonly Outcome[] = [
  ...(Object.keys(refusals) as RefusalCode[]),
  ...WITHOUT_TEXT,
];

/** What the client shows: the reason, its code, and the attempt to ask the operator about. */
export function refusalText(code: RefusalCode, attempt: string): string {
  return `${refusals[code].text} (${code} ${attempt}).`;
}
