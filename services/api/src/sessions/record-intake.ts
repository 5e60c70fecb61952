import type { OnModuleDestroy, OnModuleInit } from '@nestjs/common';
import type { Log, Metrics } from '@waystation/ops';
import type { RecordGroup, StreamEntry } from '@waystation/state';
import type { SessionJoiner } from './session-joiner.js';

/** Entries that are stored together. */
const BATCH = 200;
/** Rest between two looks when there was nothing more to read. */
const REST_MS = 500;
/** After a failure; Redis keeps what is not acknowledged. */
const RETRY_MS = 2_000;
/** How often the leavings of dead replicas are looked for. */
const TAKE_OVER_MS = 15_000;
/** Batches of one stream before the others have their turn. */
const TURNS = 20;

/** One stream: who reads it, and what becomes of its records. */
export interface Intake {
  readonly stream: string;
  readonly group: RecordGroup;
  /** Stores records; those it does not understand are left out. Returns how many it understood. */
  readonly store: (records: readonly unknown[]) => Promise<number>;
}

/**
 * Brings the records of relays and rendezvous into the database. What is stored is acknowledged only
 * then, so that neither a dead replica nor an outage of Redis or of the database loses a record; a
 * record that comes twice is stored once.
 */
export class RecordIntake implements OnModuleInit, OnModuleDestroy {
  readonly #counts = new Map<string, { stored: number; unreadable: number }>();
  #timer: NodeJS.Timeout | undefined;
  #running = Promise.resolve();
  #tookOverAt = 0;
  #failed = false;
  #ended = false;

  constructor(
    private readonly intakes: readonly Intake[],
    private readonly joiner: SessionJoiner,
    private readonly log: Log,
    metrics: Metrics,
  ) {
    for (const { stream } of intakes) this.#counts.set(stream, { stored: 0, unreadable: 0 });
    const read = (name: 'stored' | 'unreadable') => () =>
      Array.from(this.#counts, ([stream, counts]) => ({ labels: { stream }, value: counts[name] }));
    metrics.countersOf(
      'api_records_stored_total',
      'Records of attempts and sessions brought into the database',
      ['stream'],
      read('stored'),
    );
    metrics.countersOf(
      'api_records_unreadable_total',
      'Records left out because they could not be read',
      ['stream'],
      read('unreadable'),
    );
  }

  onModuleInit(): void {
    this.#schedule(0);
  }

  async onModuleDestroy(): Promise<void> {
    this.#ended = true;
    clearTimeout(this.#timer);
    await this.#running;
    for (const { group } of this.intakes) {
      await group.leave().catch((error: unknown) => {
        this.log.debug('a reader of records is forgotten only later', { error });
      });
    }
  }

  /** Brings in what there is. Never rejects: what could not be done is done by a later round. */
  round(): Promise<void> {
    this.#running = this.#running.then(() => this.#round());
    return this.#running;
  }

  async #round(): Promise<void> {
    if (this.#ended) return;
    try {
      const isTime = Date.now() - this.#tookOverAt > TAKE_OVER_MS;
      for (const intake of this.intakes) {
        if (isTime) await this.#keep(intake, await intake.group.takeOver(BATCH));
        await this.#bring(intake);
      }
      if (isTime) this.#tookOverAt = Date.now();
      await this.joiner.round();
      if (this.#failed) this.log.info('records reach the database again');
      this.#failed = false;
      this.#schedule(REST_MS);
    } catch (error) {
      if (!this.#failed) this.log.warn('records do not reach the database for now', { error });
      this.#failed = true;
      this.#schedule(RETRY_MS);
    }
  }

  async #bring(intake: Intake): Promise<void> {
    for (let turn = 0; turn < TURNS && !this.#ended; turn++) {
      const entries = await intake.group.read(BATCH);
      await this.#keep(intake, entries);
      if (entries.length < BATCH) return;
    }
  }

  async #keep({ stream, group, store }: Intake, entries: readonly StreamEntry[]): Promise<void> {
    if (entries.length === 0) return;
    const understood = await store(entries.map(({ record }) => record));
    await group.acknowledge(entries);
    const counts = this.#counts.get(stream);
    if (counts === undefined) return;
    counts.stored += understood;
    counts.unreadable += entries.length - understood;
  }

  #schedule(afterMs: number): void {
    if (this.#ended) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.round(), afterMs);
    this.#timer.unref();
  }
}
