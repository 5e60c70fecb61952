import type { OnModuleDestroy, OnModuleInit } from '@nestjs/common';
import type { Log } from '@waystation/ops';
import type { PruneStore, PrunedList } from './prune-store.js';

const INTERVAL_MS = 10 * 60_000;
/** Entries removed in one statement, so that nobody waits long for the database. */
const CHUNK = 500;
/** Statements for one list in one round; the next round goes on. */
const MOST_CHUNKS = 400;

const RECORDS: readonly PrunedList[] = ['attempts', 'sessions'];
const AUDITS: readonly PrunedList[] = [
  'audit_conns',
  'audit_files',
  'audit_alarms',
  'audit_console',
];

/** How long and how many; 0: no limit. */
export interface RetentionConfig {
  readonly recordRetentionMs: number;
  readonly recordLimit: number;
  readonly auditRetentionMs: number;
  readonly auditLimit: number;
}

/** Keeps the lists that only grow within their limits. Every replica does it, which does no harm. */
export class Retention implements OnModuleInit, OnModuleDestroy {
  #timer: NodeJS.Timeout | undefined;
  #running = Promise.resolve();
  #ended = false;

  constructor(
    private readonly lists: PruneStore,
    private readonly config: RetentionConfig,
    private readonly log: Log,
  ) {}

  onModuleInit(): void {
    this.#timer = setInterval(() => void this.run(), INTERVAL_MS);
    this.#timer.unref();
  }

  async onModuleDestroy(): Promise<void> {
    this.#ended = true;
    clearInterval(this.#timer);
    await this.#running;
  }

  /** One round; never rejects, the next one does what this one could not. */
  run(now = Date.now()): Promise<void> {
    this.#running = this.#running.then(() => this.#prune(now));
    return this.#running;
  }

  async #prune(now: number): Promise<void> {
    const { recordRetentionMs, recordLimit, auditRetentionMs, auditLimit } = this.config;
    try {
      for (const list of RECORDS) await this.#keep(list, now, recordRetentionMs, recordLimit);
      for (const list of AUDITS) await this.#keep(list, now, auditRetentionMs, auditLimit);
    } catch (error) {
      this.log.warn('could not forget what is old', { error });
    }
  }

  async #keep(list: PrunedList, now: number, retentionMs: number, most: number): Promise<void> {
    const tooOld = retentionMs === 0 ? 0 : now - retentionMs;
    const tooMany = most === 0 ? undefined : await this.lists.boundary(list, most);
    const before = Math.max(tooOld, tooMany === undefined ? 0 : tooMany + 1);
    if (before <= 0) return;
    for (let round = 0; round < MOST_CHUNKS && !this.#ended; round++) {
      if ((await this.lists.removeBefore(list, before, CHUNK)) < CHUNK) return;
    }
  }
}
