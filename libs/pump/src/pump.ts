import type { Socket } from 'node:net';
import type { Worker } from 'node:worker_threads';
import { monotonicMs } from './clock.js';
import { epollLayout } from './epoll-layout.js';
import type { TakenLegs } from './hand-over.js';
import { takeLegs } from './hand-over.js';
import type { Libc } from './libc.js';
import { openLibc } from './libc.js';
import type { Launched, PumpOptions } from './launch.js';
import { launch } from './launch.js';
import type { PumpEnd } from './pump-end.js';
import { END_LEGS, END_REASONS } from './pump-end.js';
import type { ThreadMessage } from './pump-thread.js';
import { PumpedPair } from './pumped-pair.js';
import { Figure, Order, SharedMemory, SlotState, Word } from './shared-memory.js';

/** Limits of one pair. */
export interface PairLimits {
  /** The pair ends after so long without a byte either way; 0 = never. Default 30,000 (7.4). */
  readonly idleMs?: number;
  /** Both directions together (protocol 7.6); 0 = none. Default 0. */
  readonly bitsPerSecond?: number;
  /** Leaves the pair out of the limit of all pairs together. Default false. */
  readonly exempt?: boolean;
}

/** A running pump, or why there is none. */
export type PumpStart =
  | { readonly pump: Pump; readonly reason?: undefined }
  | { readonly pump?: undefined; readonly reason: string };

/**
 * Moves the bytes of joined TCP connections on a thread of its own, in the kernel (epoll and
 * splice), so that Node's thread never sees them.
 *
 * Node keeps accepting, reading the first frame and pairing; `adopt` then takes both connections.
 * Their byte counts and idle time are read from shared memory; limits and `close` are orders to the
 * thread. The thread keeps the process alive while it has pairs. Where the pump cannot run, or cannot take a pair, the caller copies in Node.
 */
export class Pump {
  readonly #libc: Libc;
  readonly #worker: Worker;
  readonly #shared: SharedMemory;
  readonly #bell: number;
  readonly #handles: (PumpedPair | undefined)[] = [];
  readonly #freeSlots: number[] = [];
  readonly #order: (slot: number, order: number) => void;
  readonly #wakeForExit: () => void;
  #usedSlots = 0;
  #pairs = 0;
  #running = true;
  #ringing = false;
  readonly #exited: Promise<void>;

  /**
   * Starts a pump after it has proved on this kernel that it works.
   * @returns the pump, or one sentence that says why it cannot run here.
   */
  static async start(options: PumpOptions = {}): Promise<PumpStart> {
    if (process.platform !== 'linux') return { reason: `${process.platform} is not Linux` };
    if (epollLayout(process.arch) === undefined) return { reason: `unknown ${process.arch}` };
    try {
      const started = launch(openLibc(), options);
      const reason = await started.verdict;
      if (reason === undefined) return { pump: new Pump(started) };
      started.libc.close(started.data.bell);
      return { reason };
    } catch (error) {
      return { reason: error instanceof Error ? error.message : String(error) };
    }
  }

  private constructor({ libc, worker, data }: Launched) {
    this.#libc = libc;
    this.#worker = worker;
    this.#bell = data.bell;
    this.#shared = new SharedMemory(data.memory, data.capacity);
    this.#order = (slot, order) => {
      this.#shared.order(slot, order);
      this.#ring();
    };
    this.#wakeForExit = () => {
      this.#shared.orderStop();
      this.#libc.eventfd_write(this.#bell, 1n);
    };
    worker.on('message', (message: ThreadMessage) => {
      if (message.kind === 'ended') this.#collectEnded();
    });
    // A thread that failed says so through its exit; pairs and callers are told there.
    worker.on('error', () => undefined);
    this.#exited = new Promise((resolve) => {
      worker.once('exit', () => {
        this.#afterExit();
        resolve();
      });
    });
    // Listening for messages holds the process; only pairs (and a stop under way) should.
    worker.unref();
    // A thread asleep in the kernel would hold up process.exit() until its next event.
    process.on('exit', this.#wakeForExit);
  }

  /** Pairs in the pump's care. */
  get pairs(): number {
    return this.#pairs;
  }

  /** False after `stop()` or when the thread has failed; `adopt` then takes nothing. */
  get running(): boolean {
    return this.#running;
  }

  /** Bytes moved in the pump's life, all pairs, both directions. */
  get relayedBytes(): number {
    return this.#shared.relayedBytes;
  }

  /** Those of them that fell under the limit of all pairs together; others may have to charge them too. */
  get chargedBytes(): number {
    return this.#shared.chargedBytes;
  }

  /**
   * Takes over two connections. Node's sockets are destroyed (they emit `close`) while the
   * connections live on.
   * @returns `undefined`, with both sockets as they were, when the pump cannot take them: it has
   * stopped, is full, no descriptor is left, or a socket is closed or holds bytes, either way.
   */
  adopt(
    a: Socket,
    b: Socket,
    onEnd: (end: PumpEnd) => void,
    limits: PairLimits = {},
  ): PumpedPair | undefined {
    const slot = this.#running ? this.#takeSlot() : -1;
    if (slot < 0) return undefined;
    const legs = takeLegs(this.#libc, a, b);
    if (legs === undefined) {
      this.#freeSlots.push(slot);
      return undefined;
    }
    const pair = new PumpedPair(this.#shared, slot, this.#order, onEnd);
    this.#handles[slot] = pair;
    this.#pairs += 1;
    if (this.#pairs === 1) this.#worker.ref();
    this.#offer(slot, legs, limits);
    this.#order(slot, Order.adopt);
    return pair;
  }

  /** Limits all pairs together (protocol 7.6, TOTAL_BANDWIDTH); 0 = none. Acts at once. */
  setTotalRate(bitsPerSecond: number): void {
    this.#shared.totalRate = bitsPerSecond;
    this.#ring();
  }

  /** Charges bytes that others moved (framed pairs) to the total limit. */
  charge(bytes: number): void {
    this.#shared.foreignBytes += bytes;
  }

  /** Closes all pairs as `killed`, ends the thread and leaves no descriptor behind. */
  async stop(): Promise<void> {
    if (this.#running) {
      this.#running = false;
      this.#worker.ref();
      this.#wakeForExit();
    }
    await this.#exited;
  }

  #takeSlot(): number {
    const slot = this.#freeSlots.pop();
    if (slot !== undefined) return slot;
    if (this.#usedSlots === this.#shared.capacity) return -1;
    this.#usedSlots += 1;
    return this.#usedSlots - 1;
  }

  #offer(slot: number, legs: TakenLegs, limits: PairLimits): void {
    const shared = this.#shared;
    shared.setFigure(slot, Figure.aToB, 0);
    shared.setFigure(slot, Figure.bToA, 0);
    shared.setFigure(slot, Figure.lastByteAt, monotonicMs());
    shared.setFigure(slot, Figure.rate, limits.bitsPerSecond ?? 0);
    shared.setFigure(slot, Figure.idleMs, limits.idleMs ?? IDLE_MS);
    shared.setWord(slot, Word.exempt, limits.exempt === true ? 1 : 0);
    shared.setWord(slot, Word.fdA, legs.fdA);
    shared.setWord(slot, Word.fdB, legs.fdB);
    shared.setWord(slot, Word.state, SlotState.offered);
  }

  /** Wakes the thread once for all orders of this turn of the event loop. */
  #ring(): void {
    if (this.#ringing) return;
    this.#ringing = true;
    setImmediate(() => {
      this.#ringing = false;
      if (this.#running && this.#shared.claimWakeUp()) this.#libc.eventfd_write(this.#bell, 1n);
    });
  }

  #collectEnded(): void {
    const shared = this.#shared;
    shared.hearAnnouncement();
    for (let slot = shared.ended.shift(); slot >= 0; slot = shared.ended.shift()) {
      const reason = END_REASONS[shared.word(slot, Word.reason)] ?? 'error';
      this.#conclude(slot, reason, END_LEGS[shared.word(slot, Word.by)]);
    }
  }

  /** Frees the slot before it tells the owner, who may want to adopt the next pair at once. */
  #conclude(slot: number, reason: PumpEnd['reason'], by: PumpEnd['by']): void {
    const pair = this.#handles[slot];
    if (pair === undefined) return;
    this.#handles[slot] = undefined;
    this.#pairs -= 1;
    if (this.#pairs === 0 && this.#running) this.#worker.unref();
    this.#shared.setWord(slot, Word.state, SlotState.free);
    this.#freeSlots.push(slot);
    pair.conclude(reason, by);
  }

  /** The thread is gone: whatever it had not taken over yet is still ours to close. */
  #afterExit(): void {
    const shared = this.#shared;
    this.#running = false;
    process.off('exit', this.#wakeForExit);
    this.#collectEnded();
    for (let slot = 0; slot < this.#usedSlots; slot += 1) {
      if (shared.changeState(slot, SlotState.offered, SlotState.ended)) {
        this.#libc.close(shared.word(slot, Word.fdA));
        this.#libc.close(shared.word(slot, Word.fdB));
      }
      this.#conclude(slot, 'error', undefined);
    }
    this.#libc.close(this.#bell);
  }
}

const IDLE_MS = 30_000;
