import { monotonicMs } from './clock.js';
import type { EpollLayout } from './epoll-layout.js';
import type { Libc } from './libc.js';
import { EPOLLERR, EPOLLHUP, EPOLLIN, EPOLLOUT, EPOLLRDHUP, O_CLOEXEC } from './linux.js';
import { Mover, Progress } from './mover.js';
import { PairTable } from './pair-table.js';
import type { Flow, Pair } from './pair.js';
import { PipePool } from './pipes.js';
import type { SharedMemory } from './shared-memory.js';
import { Figure, Order } from './shared-memory.js';
import { TokenBucket } from './token-bucket.js';

/** What the loop needs from the thread that it runs on. */
export interface LoopHost {
  readonly libc: Libc;
  readonly layout: EpollLayout;
  readonly shared: SharedMemory;
  /** An eventfd that Node rings after it put an order into shared memory. */
  readonly bell: number;
  /** Time between two looks for idle pairs. */
  readonly sweepMs: number;
  /** Tells Node that the ring of ended slots has entries. */
  announce(): void;
}

/**
 * The epoll loop of the pump thread. It sleeps in `epoll_wait` and nowhere else; without pairs it
 * sleeps until an order comes.
 */
export class PumpLoop {
  readonly #host: LoopHost;
  readonly #epoll: number;
  readonly #pipes: PipePool;
  readonly #mover: Mover;
  readonly #table: PairTable;
  readonly #events: Int32Array;
  readonly #rings = new BigUint64Array(1);
  /** Flows that used up their turn, flows without a pipe, pairs that wait for their limit. */
  #unfinished: Flow[] = [];
  #starved: Flow[] = [];
  #throttled: Pair[] = [];
  #sweepAt = 0;
  #foreignBytes = 0;

  /** @throws Error when the kernel refuses the epoll descriptor. */
  constructor(host: LoopHost) {
    const { libc, layout, shared } = host;
    this.#host = host;
    this.#pipes = new PipePool(libc);
    this.#mover = new Mover(libc, this.#pipes, shared.figures);
    this.#events = new Int32Array(layout.stride * MAX_EVENTS);
    this.#epoll = libc.epoll_create1(O_CLOEXEC);
    this.#table = new PairTable(libc, shared, this.#mover, { fd: this.#epoll, layout });
    if (!this.#table.watch(host.bell, BELL_COOKIE)) throw new Error('epoll is not available');
  }

  /** Runs until Node orders the stop, then closes every pair and everything of its own. */
  run(): void {
    const { libc, shared } = this.#host;
    const address = libc.addressOf(this.#events);
    try {
      while (!shared.stopping) {
        const timeoutMs = this.#prepareSleep();
        const count = libc.epoll_wait(this.#epoll, address, MAX_EVENTS, timeoutMs);
        shared.awake();
        this.#mover.now = monotonicMs();
        this.#handleEvents(count);
        this.#takeOrders();
        this.#catchUp();
        this.#publish();
      }
    } finally {
      this.#shutDown();
    }
  }

  /** Milliseconds that the loop may sleep, -1 = until an event. */
  #prepareSleep(): number {
    const { shared, sweepMs } = this.#host;
    if (this.#unfinished.length > 0) return 0;
    shared.fallAsleep();
    if (!shared.orders.empty || shared.stopping) return 0;
    if (this.#table.live === 0) return -1;
    let timeoutMs = sweepMs;
    for (const pair of this.#throttled) {
      timeoutMs = Math.min(timeoutMs, Math.max(1, pair.resumeAt - this.#mover.now));
    }
    const retrying = this.#starved.length > 0 || this.#table.lingering.length > 0;
    return Math.ceil(retrying ? Math.min(timeoutMs, RETRY_MS) : timeoutMs);
  }

  #handleEvents(count: number): void {
    const { stride, cookie } = this.#host.layout;
    for (let at = 0; at < count * stride; at += stride) {
      const mask = this.#events[at] ?? 0;
      const which = this.#events[at + cookie] ?? BELL_COOKIE;
      if (which === BELL_COOKIE) this.#silenceBell();
      else this.#handleEvent(which, mask);
    }
  }

  #silenceBell(): void {
    const { libc, bell } = this.#host;
    libc.eventfd_read(bell, libc.addressOf(this.#rings));
  }

  /** One socket of a pair can be read or written again. Cookies are slot × 2, + 1 for leg B. */
  #handleEvent(cookie: number, mask: number): void {
    const pair = this.#table.get(cookie >> 1);
    if (pair === undefined) return;
    if (pair.survivors !== undefined) {
      this.#table.linger(pair);
      return;
    }
    const isA = (cookie & 1) === 0;
    const incoming = isA ? pair.aToB : pair.bToA;
    const outgoing = isA ? pair.bToA : pair.aToB;
    if ((mask & INPUT_EVENTS) !== 0) {
      incoming.readable = incoming.announced = true;
      if (!incoming.blocked) this.#advance(incoming);
    }
    if ((mask & OUTPUT_EVENTS) !== 0 && outgoing.blocked) this.#advance(outgoing);
  }

  #advance(flow: Flow): void {
    const { pair } = flow;
    if (this.#table.get(pair.slot) !== pair || pair.survivors !== undefined) return;
    if (flow.isDead) return;
    const progress = this.#mover.advance(flow);
    if (progress === Progress.finished) this.#table.finish(flow);
    else if (progress === Progress.broken) this.#receiverGone(flow);
    else if (progress !== Progress.waiting && !flow.queued) {
      flow.queued = true;
      (progress === Progress.starved ? this.#starved : this.#unfinished).push(flow);
    }
    if (pair.resumeAt > this.#mover.now && !pair.throttled) {
      pair.throttled = true;
      this.#throttled.push(pair);
    }
  }

  /** What it had sent before is with the kernel, and still belongs to the other client. */
  #receiverGone(flow: Flow): void {
    const { pair } = flow;
    const back = flow === pair.aToB ? pair.bToA : pair.aToB;
    if (back.isDead) {
      this.#table.end(pair, 'error', flow === pair.aToB ? 'b' : 'a');
      return;
    }
    flow.isDead = true;
    this.#mover.drop(flow);
    if (pair.leaving) this.#table.finish(flow);
    back.readable = true;
    this.#advance(back);
  }

  #takeOrders(): void {
    const { shared } = this.#host;
    this.#applyTotalRate();
    for (let slot = shared.orders.shift(); slot >= 0; slot = shared.orders.shift()) {
      const orders = shared.takeOrders(slot);
      if ((orders & Order.adopt) !== 0) this.#table.adopt(slot);
      const pair = this.#table.get(slot);
      if (pair === undefined) continue;
      if ((orders & Order.rate) !== 0) {
        pair.limit(shared.figure(slot, Figure.rate), this.#mover.now);
      }
      if ((orders & Order.leave) !== 0) this.#leave(pair);
      if ((orders & Order.kill) !== 0) this.#table.end(pair, 'killed', undefined);
    }
  }

  #leave(pair: Pair): void {
    this.#table.leave(pair);
    this.#advance(pair.aToB);
    this.#advance(pair.bToA);
  }

  #applyTotalRate(): void {
    const { totalRate, foreignBytes } = this.#host.shared;
    const { now, total } = this.#mover;
    if (totalRate !== (total?.rate ?? 0)) {
      this.#mover.total = totalRate > 0 ? new TokenBucket(totalRate, now) : undefined;
    }
    if (foreignBytes > this.#foreignBytes)
      total?.chargeOther(foreignBytes - this.#foreignBytes, now);
    this.#foreignBytes = foreignBytes;
  }

  /** Gives everybody who had to wait another turn. */
  #catchUp(): void {
    const { now } = this.#mover;
    if (this.#unfinished.length + this.#starved.length > 0) this.#retry();
    if (this.#throttled.some((pair) => pair.resumeAt <= now)) this.#resumeThrottled(now);
    if (now < this.#sweepAt && this.#table.lingering.length === 0) return;
    this.#sweep(now);
  }

  #retry(): void {
    const flows = [...this.#unfinished, ...this.#starved];
    this.#unfinished = [];
    this.#starved = [];
    for (const flow of flows) {
      flow.queued = false;
      this.#advance(flow);
    }
  }

  #resumeThrottled(now: number): void {
    const throttled = this.#throttled;
    this.#throttled = [];
    for (const pair of throttled) {
      pair.throttled = pair.resumeAt > now;
      if (pair.throttled) {
        this.#throttled.push(pair);
        continue;
      }
      this.#advance(pair.aToB);
      this.#advance(pair.bToA);
    }
  }

  #sweep(now: number): void {
    const { lingering } = this.#table;
    for (const pair of lingering.splice(0)) if (this.#table.linger(pair)) lingering.push(pair);
    if (now < this.#sweepAt) return;
    this.#sweepAt = now + this.#host.sweepMs;
    this.#table.endIdle();
  }

  #publish(): void {
    const { shared } = this.#host;
    shared.relayedBytes = this.#mover.movedBytes;
    shared.chargedBytes = this.#mover.chargedBytes;
    if (!shared.ended.empty && shared.claimAnnouncement()) this.#host.announce();
  }

  #shutDown(): void {
    const { libc } = this.#host;
    this.#takeOrders();
    this.#table.endAll();
    this.#publish();
    this.#pipes.close();
    libc.close(this.#epoll);
  }
}

const MAX_EVENTS = 512;
const BELL_COOKIE = -1;
const INPUT_EVENTS = EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR;
const OUTPUT_EVENTS = EPOLLOUT | EPOLLHUP | EPOLLERR;
/** How soon a flow without a pipe or a leg that lingers is looked at again. */
const RETRY_MS = 100;
