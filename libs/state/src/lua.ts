import { readFileSync } from 'node:fs';
import type { Redis } from 'ioredis';

// Beside src and dist alike, so that it is found from either.
const FOLDER = new URL('../scripts/', import.meta.url);

/** Values that a script takes. */
export type LuaArgument = string | number | Buffer;

/**
 * One atomic change of shared state: `scripts/<name>-<number of keys>.lua`, whose head says what its
 * KEYS, ARGV and output are. Runs by EVALSHA; Redis gets the text again after it has forgotten it.
 */
export class Script {
  readonly #name: string;
  readonly #keyCount: number;
  readonly #text: string;

  /** `file` without `.lua`; a name that ends in `-n` takes the number of keys as first argument. */
  constructor(file: string) {
    const [, name, count] = /^(.+)-(\d+|n)$/.exec(file) ?? [];
    if (name === undefined) throw new Error(`script ${file} does not end in its number of keys`);
    this.#name = `script:${name}`;
    this.#keyCount = count === 'n' ? -1 : Number(count);
    this.#text = readFileSync(new URL(`${file}.lua`, FOLDER), 'utf8');
  }

  /** Rejects when Redis cannot be reached; the change was then made entirely or not at all. */
  async run(redis: Redis, keys: readonly string[], args: readonly LuaArgument[]): Promise<unknown> {
    const command = this.#command(redis);
    const counted = this.#keyCount < 0 ? [keys.length, ...keys] : keys;
    return command.call(redis, ...counted, ...args);
  }

  #command(redis: Redis): (...args: LuaArgument[]) => unknown {
    if (!Reflect.has(redis, this.#name)) {
      const definition = { lua: this.#text };
      redis.defineCommand(
        this.#name,
        this.#keyCount < 0 ? definition : { ...definition, numberOfKeys: this.#keyCount },
      );
    }
    const command: unknown = Reflect.get(redis, this.#name);
    if (typeof command !== 'function') throw new Error(`${this.#name} is not defined`);
    return command as (...args: LuaArgument[]) => unknown;
  }
}
