/** The command cannot be done; the message is a sentence for the operator, with the remedy. */
export class Failure extends Error {
  override readonly name: string = 'Failure';
}

/** The command line cannot be understood. */
export class UsageError extends Failure {
  override readonly name = 'UsageError';
}
