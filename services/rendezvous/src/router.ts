import type { Signals } from '@waystation/bus';
import type { LiveReplicas, ReplicaId, Waiting } from '@waystation/state';
import type { Signal, PushSignal, AnswerSignal } from '@waystation/wire';
import type { Attempt } from './attempt.js';
import type { OnlineCallee } from './callee-finder.js';
import type { Caller, Callers } from './callers.js';
import type { Clock } from './clock.js';
import type { Counters } from './counters.js';
import type { PeerTable } from './peer-table.js';
import type { Peer } from './peer.js';
import { passPush } from './push-gate.js';
import { RecentPushes, type Place } from './recent-pushes.js';

/** A callee's answer before it is known which caller it is for. */
export type Answer = Omit<AnswerSignal, 'caller'>;

/** What signals of other replicas lead to here. */
export interface RouterEvents {
  /** The callee of this attempt is not where presence said. */
  undelivered(caller: string, attempt: number): void;
  /** A callee's answer for a caller of this replica. */
  answer(caller: Caller, answer: AnswerSignal): void;
}

/** What a router works with. */
export interface RouterParts {
  readonly self: ReplicaId;
  readonly peers: PeerTable;
  readonly callers: Callers;
  readonly waiting: Pick<Waiting, 'hold' | 'find'>;
  readonly live: Pick<LiveReplicas, 'isLive'>;
  readonly signals: Pick<Signals, 'sendTo' | 'onSignal' | 'onUnheard'>;
  readonly sendUdp: (message: Uint8Array, port: number, ip: string) => void;
  readonly counters: Counters;
  readonly clock: Clock;
}

/** An answer can overtake the note of who waits for it: look once more after this time. */
const SECOND_LOOK_MS = 100;

/**
 * Brings messages to callees and answers to callers: here, else to that one replica by one signal.
 * A lost signal is a client's retry; nothing is queued.
 */
export class Router {
  private events: RouterEvents | undefined;
  private readonly recent: RecentPushes;

  constructor(private readonly parts: RouterParts) {
    this.recent = new RecentPushes(parts.clock);
  }

  /** Begins to hear signals. */
  start(events: RouterEvents): void {
    this.events = events;
    this.parts.signals.onSignal((signal) => this.hear(signal));
    this.parts.signals.onUnheard((_replica, signal) => {
      if (signal.name === 'push') events.undelivered(signal.value.caller, signal.value.attempt);
    });
  }

  /** Sends a push to a callee and notes in Redis that its caller waits here. */
  toPeer(callee: OnlineCallee, message: Buffer, from: Caller, attempt: Attempt): void {
    const caller = this.parts.callers.expect(from, attempt);
    this.hold(caller);
    const { at } = callee;
    if ('local' in at) {
      this.deliver(at.local, caller, message);
      return;
    }
    const { id } = callee;
    const transportGeneration = at.generation;
    const value: PushSignal = { id, transportGeneration, message, caller, attempt: attempt.number };
    if (at.replica === this.parts.self) this.pushed(value, this.parts.self);
    else this.parts.signals.sendTo(at.replica, { from: this.parts.self, name: 'push', value });
  }

  /**
   * Brings a callee's answer to the replica that holds its caller, who waits under one of `keys`. False
   * when nobody is known to.
   */
  async toCaller(answer: Answer, keys: readonly string[]): Promise<boolean> {
    if (keys.some((caller) => this.answered({ ...answer, caller }))) return true;
    const place = this.recent.find(keys) ?? (await this.placeOf(keys, answer.byUdp));
    if (place === undefined) return false;
    const { replica, caller } = place;
    const value = { ...answer, caller };
    if (replica === this.parts.self) return this.answered(value);
    this.parts.signals.sendTo(replica, { from: this.parts.self, name: 'answer', value });
    return true;
  }

  /** Ends a stay of a peer on another replica; what a dead one held has ended with it. */
  evict(replica: ReplicaId, id: string, generation: number): void {
    if (replica === this.parts.self || !this.parts.live.isLive(replica)) return;
    this.parts.signals.sendTo(replica, {
      from: this.parts.self,
      name: 'evict',
      value: { id, generation },
    });
  }

  private hear(signal: Signal): void {
    switch (signal.name) {
      case 'push':
        this.pushed(signal.value, signal.from as ReplicaId);
        return;
      case 'undelivered':
        this.events?.undelivered(signal.value.caller, signal.value.attempt);
        return;
      case 'answer':
        this.answered(signal.value);
        return;
      case 'evict':
        this.parts.peers
          .remove(signal.value.id, signal.value.generation)
          ?.channel?.close('replaced');
    }
  }

  private pushed(push: PushSignal, from: ReplicaId): void {
    const peer = this.parts.peers.online(push.id);
    if (peer !== undefined) {
      this.recent.remember(push.caller, from);
      this.deliver(peer, push.caller, push.message);
      return;
    }
    this.parts.counters.drop('peer-gone');
    const { caller, attempt, id } = push;
    if (from === this.parts.self) this.events?.undelivered(caller, attempt);
    else {
      const value = { caller, attempt, id };
      this.parts.signals.sendTo(from, { from: this.parts.self, name: 'undelivered', value });
    }
  }

  private answered(answer: AnswerSignal): boolean {
    const caller = this.parts.callers.find(answer.caller);
    if (caller === undefined) return false;
    this.events?.answer(caller, answer);
    return true;
  }

  private deliver(peer: Peer, caller: string, message: Buffer): void {
    // The first byte of a message is its kind: enough to tell two kinds for one caller apart.
    const verdict = passPush(peer, `${caller} ${message[0]}`, this.parts.clock());
    if (verdict !== 'send') {
      this.parts.counters.drop(verdict === 'coalesced' ? 'push-coalesced' : 'push-limit');
      return;
    }
    if (peer.channel !== undefined) peer.channel.push(message);
    else this.parts.sendUdp(message, peer.port, peer.ip);
  }

  /**
   * Nobody waits for this note: Redis takes it before the signal that follows it on the same connection,
   * and a callee of this replica is found without Redis.
   */
  private hold(caller: string): void {
    this.parts.waiting.hold(caller).catch(() => {
      this.parts.counters.stateFailures += 1;
    });
  }

  /** A callee sends a datagram three times, so that one look is enough for it. */
  private async placeOf(keys: readonly string[], byUdp: boolean): Promise<Place | undefined> {
    const place = await this.parts.waiting.find(keys);
    if (place !== undefined || byUdp) return place;
    await new Promise((resolve) => setTimeout(resolve, SECOND_LOOK_MS));
    return this.parts.waiting.find(keys);
  }
}
