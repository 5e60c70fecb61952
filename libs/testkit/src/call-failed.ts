/** Why a call did not become a session, in the words of a closed list. */
export type FailureReason =
  | 'id-not-exist'
  | 'offline'
  | 'key-mismatch'
  | 'key-overuse'
  | 'refused'
  | 'no-answer'
  | 'no-secure-tcp'
  | 'unreachable';

/** A call that did not become a session. */
export class CallFailed extends Error {
  constructor(
    readonly reason: FailureReason,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
