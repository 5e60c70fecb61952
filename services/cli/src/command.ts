import type { Arguments, FlagNames } from './arguments.js';

/** One command, as it stands in the table. */
export interface Command {
  /** The words that call it, such as `user add`. */
  readonly name: string;
  /** What stands behind the words in the usage. */
  readonly usage: string;
  /** One line on what it does. */
  readonly meaning: string;
  readonly flags: FlagNames;
  readonly mostWords: number;
  /** Returns the exit code; a Failure that it throws is printed and is exit code 1. */
  readonly run: (given: Arguments) => Promise<number> | number;
}
