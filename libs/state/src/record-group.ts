import type { Redis } from 'ioredis';

/** One entry of a record stream. */
export interface StreamEntry {
  readonly id: string;
  /** What its field `record` holds; undefined when that is no JSON or Redis has dropped it meanwhile. */
  readonly record: unknown;
}

/** What a dead reader has not finished goes to another one after this long. */
const STALE_MS = 60_000;
/** A reader that is not heard of for so long, and owes nothing, is forgotten. */
const FORGOTTEN_MS = 3_600_000;

/**
 * Reads a record stream together with other replicas: Redis gives each entry to one of them, and again
 * to somebody if it is not acknowledged. So every entry is read at least once.
 */
export class RecordGroup {
  #hasGroup = false;
  #owesSome = true;

  /**
   * @param key one of keys.ts, of type stream
   * @param group shared by all who divide the work
   * @param reader this replica
   * @param staleMs after this long a reader that has not acknowledged counts as dead
   */
  constructor(
    private readonly redis: Redis,
    private readonly key: string,
    private readonly group: string,
    private readonly reader: string,
    private readonly staleMs = STALE_MS,
  ) {}

  /** Up to `limit` entries: first those that were read and not acknowledged, then new ones. */
  async read(limit: number): Promise<StreamEntry[]> {
    await this.#makeGroup();
    try {
      const owed = this.#owesSome ? await this.#read(limit, '0') : [];
      const entries = owed.length > 0 ? owed : await this.#read(limit, '>');
      this.#owesSome = entries.length > 0;
      return entries;
    } catch (error) {
      // Redis has lost its data, and the group with it.
      if (!String(error).includes('NOGROUP')) throw error;
      this.#hasGroup = false;
      return [];
    }
  }

  /** These are done with. */
  async acknowledge(entries: readonly StreamEntry[]): Promise<void> {
    if (entries.length === 0) return;
    await this.redis.xack(this.key, this.group, ...entries.map(({ id }) => id));
  }

  /** Takes over what others left undone for `staleMs`, and forgets readers that are long gone. */
  async takeOver(limit: number): Promise<StreamEntry[]> {
    await this.#makeGroup();
    const { key, group, reader, staleMs } = this;
    const answer = await this.redis.xautoclaim(key, group, reader, staleMs, '0', 'COUNT', limit);
    await this.#forgetReaders();
    return entriesOf(answer[1]);
  }

  /** Takes this reader out of the group, unless it owes something: then another one takes that over. */
  async leave(): Promise<void> {
    if (this.#hasGroup) await this.#remove(this.reader);
  }

  async #makeGroup(): Promise<void> {
    if (this.#hasGroup) return;
    try {
      await this.redis.xgroup('CREATE', this.key, this.group, '0', 'MKSTREAM');
    } catch (error) {
      if (!String(error).includes('BUSYGROUP')) throw error;
    }
    this.#hasGroup = true;
    this.#owesSome = true;
  }

  async #read(limit: number, from: '0' | '>'): Promise<StreamEntry[]> {
    const { key, group, reader } = this;
    const wanted = ['COUNT', limit, 'STREAMS', key, from] as const;
    const answer = (await this.redis.xreadgroup('GROUP', group, reader, ...wanted)) as unknown;
    const [stream] = listOf(answer);
    return entriesOf(listOf(stream)[1]);
  }

  async #forgetReaders(): Promise<void> {
    const readers = listOf(await this.redis.xinfo('CONSUMERS', this.key, this.group));
    for (const facts of readers.map(pairsOf)) {
      const [name, idleMs] = [facts.get('name'), facts.get('idle')];
      if (typeof name === 'string' && typeof idleMs === 'number' && idleMs > FORGOTTEN_MS) {
        await this.#remove(name);
      }
    }
  }

  /** Removing a reader would lose what it owes. */
  async #remove(name: string): Promise<void> {
    const owed = listOf(await this.redis.xpending(this.key, this.group, '-', '+', 1, name));
    if (owed.length === 0) await this.redis.xgroup('DELCONSUMER', this.key, this.group, name);
  }
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : [];
}

function entriesOf(value: unknown): StreamEntry[] {
  return listOf(value).flatMap((entry) => {
    const [id, fields] = listOf(entry);
    if (typeof id !== 'string') return [];
    return [{ id, record: parsed(pairsOf(fields).get('record')) }];
  });
}

function pairsOf(value: unknown): Map<unknown, unknown> {
  const list = listOf(value);
  const pairs = new Map<unknown, unknown>();
  for (let at = 0; at + 1 < list.length; at += 2) pairs.set(list[at], list[at + 1]);
  return pairs;
}

function parsed(text: unknown): unknown {
  if (typeof text !== 'string') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    // Not written by us; whoever reads the stream counts it.
    return undefined;
  }
}
