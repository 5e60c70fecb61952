/** A client broke a rule: its connection is closed without a reply and the code is counted. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';

  constructor(readonly code: DropReason) {
    super(code);
  }
}

/** Why a message or a connection was dropped; the labels of the drop counter. */
export const DROP_REASONS = [
  'undecodable',
  'empty',
  'illegal-transport',
  'unknown-message',
  'key-exchange-unexpected',
  'key-exchange-malformed',
  'mac',
  'no-attempt',
  'altered-address',
  'answered-already',
  'foreign-source',
  'udp-limit',
  'not-secured',
  'not-logged-in',
  'wrong-key-blocked',
  'busy',
  'too-many-attempts',
  'push-limit',
  'push-coalesced',
  'peer-gone',
  'bad-message',
  'handler-failed',
] as const;

export type DropReason = (typeof DROP_REASONS)[number];
