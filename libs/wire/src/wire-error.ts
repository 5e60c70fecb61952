/** Why bytes were refused; used as a metric label, so the list is short and closed. */
export type WireErrorCode = 'frame-too-long' | 'undecodable' | 'empty' | 'mac' | 'bad-key';

/** Bytes from outside that cannot be used. The connection they came from is closed and counted. */
export class WireError extends Error {
  override readonly name = 'WireError';

  constructor(
    readonly code: WireErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
