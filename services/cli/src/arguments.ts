import { parseArgs } from 'node:util';
import { reasonOf } from '@waystation/ops';
import { UsageError } from './failure.js';

/** Flags that a command knows: true for one that takes a value. */
export type FlagNames = Readonly<Record<string, boolean>>;

/** What was given behind the name of a command. */
export class Arguments {
  readonly #values: Readonly<Record<string, string | boolean | undefined>>;
  readonly #words: readonly string[];

  /** Throws UsageError for a flag that is not known and for too many words. */
  constructor(argv: readonly string[], flags: FlagNames, mostWords: number) {
    const options = Object.entries(flags).map(
      ([name, takesValue]) => [name, { type: takesValue ? 'string' : 'boolean' }] as const,
    );
    const config = {
      args: [...argv],
      options: Object.fromEntries(options),
      allowPositionals: true,
    } as const;
    try {
      const { values, positionals } = parseArgs(config);
      this.#values = values;
      this.#words = positionals;
    } catch (error) {
      throw new UsageError(`${reasonOf(error).split('. ')[0] ?? ''}.`);
    }
    const extra = this.#words[mostWords];
    if (extra !== undefined) throw new UsageError(`"${extra}" is one word too many.`);
  }

  /** The word at a place; undefined when there are fewer. */
  word(index: number): string | undefined {
    return this.#words[index];
  }

  /** The word at a place. Throws UsageError with what is missing. */
  required(index: number, what: string): string {
    const word = this.#words[index];
    if (word === undefined || word === '') throw new UsageError(`${what} is missing.`);
    return word;
  }

  has(flag: string): boolean {
    return this.#values[flag] === true;
  }

  text(flag: string): string | undefined {
    const value = this.#values[flag];
    return typeof value === 'string' ? value : undefined;
  }
}
