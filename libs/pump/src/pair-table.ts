import type { Libc } from './libc.js';
import {
  EAGAIN,
  EPOLLET,
  EPOLLIN,
  EPOLLOUT,
  EPOLLRDHUP,
  EPOLL_CTL_ADD,
  MSG_DONTWAIT,
  MSG_TRUNC,
  SHUT_WR,
} from './linux.js';
import type { EpollLayout } from './epoll-layout.js';
import type { Mover } from './mover.js';
import type { Flow } from './pair.js';
import { Pair } from './pair.js';
import type { PumpEnd, PumpEndReason } from './pump-end.js';
import { END_LEGS, END_REASONS } from './pump-end.js';
import type { SharedMemory } from './shared-memory.js';
import { Figure, SlotState, Word } from './shared-memory.js';

/**
 * The pairs of the pump thread: which slot holds which, and the only place where the descriptors of
 * a pair are taken over and closed (closing a number twice would hit somebody else's connection).
 */
export class PairTable {
  live = 0;
  /** Pairs that move nothing new and whose clients may still fetch their last bytes. */
  readonly lingering: Pair[] = [];
  readonly #pairs: (Pair | undefined)[] = [];
  readonly #libc: Libc;
  readonly #shared: SharedMemory;
  readonly #mover: Mover;
  readonly #epoll: number;
  readonly #event: Int32Array;
  readonly #cookieAt: number;

  constructor(
    libc: Libc,
    shared: SharedMemory,
    mover: Mover,
    epoll: { readonly fd: number; readonly layout: EpollLayout },
  ) {
    this.#libc = libc;
    this.#shared = shared;
    this.#mover = mover;
    this.#epoll = epoll.fd;
    this.#event = new Int32Array(epoll.layout.stride);
    this.#cookieAt = epoll.layout.cookie;
  }

  get(slot: number): Pair | undefined {
    return this.#pairs[slot];
  }

  /** Adds a descriptor to epoll, edge-triggered, under a cookie. False when the kernel refuses. */
  watch(fd: number, cookie: number): boolean {
    this.#event[0] = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
    this.#event[this.#cookieAt] = cookie;
    const address = this.#libc.addressOf(this.#event);
    return this.#libc.epoll_ctl(this.#epoll, EPOLL_CTL_ADD, fd, address) === 0;
  }

  /** Takes over the descriptors that Node offered in a slot. */
  adopt(slot: number): Pair | undefined {
    const shared = this.#shared;
    if (!shared.changeState(slot, SlotState.offered, SlotState.running)) return undefined;
    const pair = new Pair(slot, shared.word(slot, Word.fdA), shared.word(slot, Word.fdB), {
      aToB: shared.figureIndex(slot, Figure.aToB),
      bToA: shared.figureIndex(slot, Figure.bToA),
      lastByteAt: shared.figureIndex(slot, Figure.lastByteAt),
    });
    this.#pairs[slot] = pair;
    this.live += 1;
    pair.exempt = shared.word(slot, Word.exempt) === 1;
    pair.limit(shared.figure(slot, Figure.rate), this.#mover.now);
    const watched =
      this.watch(pair.aToB.from, slot * 2) && this.watch(pair.bToA.from, slot * 2 + 1);
    if (watched) return pair;
    this.end(pair, 'error', undefined);
    return undefined;
  }

  /** Closes both legs at once and reports the end. */
  end(pair: Pair, reason: PumpEndReason, by: PumpEnd['by']): void {
    if (this.#pairs[pair.slot] !== pair) return;
    const { aToB, bToA } = pair;
    this.#mover.drop(aToB);
    this.#mover.drop(bToA);
    if (pair.survivors === undefined && !pair.leaving) this.#note(pair, reason, by);
    for (const fd of pair.survivors ?? [aToB.from, bToA.from]) this.#libc.close(fd);
    this.#pairs[pair.slot] = undefined;
    this.live -= 1;
    this.#shared.setWord(pair.slot, Word.state, SlotState.ended);
    this.#shared.ended.push(pair.slot);
  }

  /**
   * One leg ended and what it had sent is with the kernel: closes it, and sends FIN to the other
   * one. That one stays open until its client hangs up too (LINGER_MS at most): closing it with
   * unread input would reset the connection and could destroy what was just flushed.
   */
  finish(flow: Flow): void {
    const { pair } = flow;
    if (pair.survivors !== undefined) return;
    if (pair.leaving) return this.#shut(flow);
    this.#mover.drop(pair.aToB);
    this.#mover.drop(pair.bToA);
    const wasReset = flow === pair.aToB ? pair.bToA.isDead : pair.aToB.isDead;
    const reason = wasReset ? 'error' : (flow.ended ?? 'closed');
    this.#note(pair, reason, flow === pair.aToB ? 'a' : 'b');
    this.#libc.close(flow.from);
    pair.survivors = [flow.to];
    pair.lingerUntil = this.#mover.now + LINGER_MS;
    const sent = this.#libc.shutdown(flow.to, SHUT_WR) === 0;
    if (sent && this.#discardInput(flow.to)) this.lingering.push(pair);
    else this.end(pair, 'closed', undefined);
  }

  /**
   * Takes nothing more from either client. Each gets what was held for it and then FIN, and has LINGER_MS
   * to fetch it and hang up. The caller advances both directions.
   */
  leave(pair: Pair): void {
    if (pair.leaving || pair.survivors !== undefined) return;
    this.#note(pair, 'killed', undefined);
    pair.leaving = true;
    pair.aToB.ended ??= 'closed';
    pair.bToA.ended ??= 'closed';
    pair.lingerUntil = this.#mover.now + LINGER_MS;
    this.lingering.push(pair);
  }

  /** Looks whether the legs that were left have hung up, or had their time. True: one still lingers. */
  linger(pair: Pair): boolean {
    if (this.#pairs[pair.slot] !== pair) return false;
    if (this.#mover.now < pair.lingerUntil && this.#stays(pair)) return true;
    this.end(pair, 'closed', undefined);
    return false;
  }

  /** Ends every pair without a byte for longer than its limit. */
  endIdle(): void {
    for (const pair of this.#pairs) {
      if (pair === undefined || pair.leaving || pair.survivors !== undefined) continue;
      const idleMs = this.#mover.now - this.#shared.figure(pair.slot, Figure.lastByteAt);
      const limitMs = this.#shared.figure(pair.slot, Figure.idleMs);
      if (limitMs > 0 && idleMs > limitMs) this.end(pair, 'idle', undefined);
    }
  }

  endAll(): void {
    for (const pair of this.#pairs) if (pair !== undefined) this.end(pair, 'killed', undefined);
  }

  #note(pair: Pair, reason: PumpEndReason, by: PumpEnd['by']): void {
    this.#shared.setWord(pair.slot, Word.reason, END_REASONS.indexOf(reason));
    this.#shared.setWord(pair.slot, Word.by, END_LEGS.indexOf(by));
  }

  #shut(flow: Flow): void {
    if (flow.isShut) return;
    flow.isShut = true;
    const { pair } = flow;
    this.#libc.shutdown(flow.to, SHUT_WR);
    if (pair.aToB.isShut && pair.bToA.isShut) pair.survivors = [pair.aToB.from, pair.bToA.from];
  }

  #stays(pair: Pair): boolean {
    if (pair.survivors === undefined) return true;
    pair.survivors = pair.survivors.filter((fd) => {
      const isThere = this.#discardInput(fd);
      if (!isThere) this.#libc.close(fd);
      return isThere;
    });
    return pair.survivors.length > 0;
  }

  /** Throws away what a client sends that was left. False when it hung up. */
  #discardInput(fd: number): boolean {
    for (let round = 0; round < DISCARD_ROUNDS; round += 1) {
      const flags = MSG_TRUNC | MSG_DONTWAIT;
      const bytes = this.#libc.recv(fd, 0n, DISCARD_BYTES, flags);
      if (bytes < 0) return this.#libc.errno() === EAGAIN;
      if (bytes === 0) return false;
    }
    return true;
  }
}

const LINGER_MS = 2000;
const DISCARD_BYTES = 1n << 20n;
/** After this many full reads the others have their turn; the loop looks again soon. */
const DISCARD_ROUNDS = 16;
