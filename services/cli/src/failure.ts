/** The command cannot be done; the message is a sentence for the operator, with the remedy. */
export class Failure extends Error {
  override readonly name: string = 'Failure';
}

/** The command line cannot be understood. */
export class UsageError extends Failure {
  override readonly name = 'UsageError';
}

/** What went wrong, in the words of whoever threw it. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
