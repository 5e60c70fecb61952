import type { Redis } from 'ioredis';
import { Script } from './lua.js';

/** Limits of a record stream; every one has a default. */
export interface RecordStreamOptions {
  /** Records that Redis keeps, roughly; older ones are forgotten. */
  readonly keptRecords?: number;
  /** Records that wait here while Redis is away; beyond it the oldest are dropped and counted. */
  readonly bufferedRecords?: number;
  /** Records sent together. */
  readonly batch?: number;
  /** Time between two batches. */
  readonly flushMs?: number;
}

const append = new Script('append-records-1');

const DEFAULTS: Required<RecordStreamOptions> = {
  keptRecords: 100_000,
  bufferedRecords: 10_000,
  batch: 200,
  flushMs: 250,
};

/**
 * Facts about things that ended (attempts, sessions), for whoever reads them later: a capped Redis
 * stream whose entries have one field, `record`, that holds JSON. Adding one never waits: records go
 * out in batches, and wait in a bounded buffer while Redis is away. After a batch without an answer it
 * is not known whether Redis took it, so a reader may see a record twice: records carry ids.
 */
export class RecordStream<R extends object = object> {
  /** Records lost because the buffer was full. */
  dropped = 0;
  /** Records that Redis has taken. */
  written = 0;
  readonly #options: Required<RecordStreamOptions>;
  #waiting: string[] = [];
  #timer: NodeJS.Timeout | undefined;
  #flushing: Promise<void> | undefined;

  /** `key` is one of keys.ts, of type stream. */
  constructor(
    private readonly redis: Redis,
    private readonly key: string,
    options: RecordStreamOptions = {},
  ) {
    this.#options = { ...DEFAULTS, ...options };
  }

  /** Records that wait for Redis. */
  get backlog(): number {
    return this.#waiting.length;
  }

  /** Takes a record; it is turned into JSON now, so that it may change afterwards. */
  add(record: R): void {
    this.#waiting.push(JSON.stringify(record));
    const tooMany = this.#waiting.length - this.#options.bufferedRecords;
    if (tooMany > 0) {
      this.#waiting.splice(0, tooMany);
      this.dropped += tooMany;
    }
    this.#timer ??= setTimeout(() => void this.flush(), this.#options.flushMs);
  }

  /** Writes what waits. Never rejects: what Redis does not take stays for the next time. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#flushing ??= this.#drain().finally(() => {
      this.#flushing = undefined;
    });
    await this.#flushing;
  }

  /** One last try to write; whatever is left then is dropped and counted. */
  async stop(): Promise<void> {
    await this.flush();
    clearTimeout(this.#timer);
    this.dropped += this.#waiting.length;
    this.#waiting = [];
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, this.#options.batch);
      try {
        await this.#write(batch);
        this.written += batch.length;
      } catch {
        // Redis is away: the records wait, as many as the buffer holds.
        this.#putBack(batch);
        return;
      }
    }
  }

  async #write(batch: readonly string[]): Promise<void> {
    await append.run(this.redis, [this.key], [this.#options.keptRecords, ...batch]);
  }

  #putBack(batch: readonly string[]): void {
    const all = [...batch, ...this.#waiting];
    const tooMany = Math.max(0, all.length - this.#options.bufferedRecords);
    this.dropped += tooMany;
    this.#waiting = all.slice(tooMany);
    this.#timer ??= setTimeout(() => void this.flush(), this.#options.flushMs);
  }
}
