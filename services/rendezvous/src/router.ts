import type { Signals } from '@waystation/bus';
import type { ReplicaId, Waiting } from '@waystation/state';
import type { Signal, PushSignal, AnswerSignal } from '@waystation/wire';
import type { OnlineCallee } from './callee-finder.js';
import type { Caller, Callers } from './callers.js';
import type { Clock } from './clock.js';
import type { Counters } from './counters.js';
import type { PeerTable } from './peer-table.js';
import type { Peer } from './peer.js';
import { passPush } from './push-gate.js';

/** A message for a callee, and who waits for its answer. */
export interface Push {
  readonly message: Buffer;
  readonly caller: string;
  readonly attempt: number;
}

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
  readonly signals: Pick<Signals, 'sendTo' | 'onSignal' | 'onUnheard'>;
  readonly sendUdp: (message: Uint8Array, port: number, ip: string) => void;
  readonly counters: Counters;
  readonly clock: Clock;
}

/** Longest wait for Redis before a push goes out anyway. */
const HOLD_MS = 200;
/** An answer can overtake the note of who waits for it: look once more after this time. */
const SECOND_LOOK_MS = 100;

/**
 * Brings messages to callees and answers to callers: here, else to that one replica by one signal.
 * A lost signal is a client's retry; nothing is queued.
 */
export class Router {
  private events: RouterEvents | undefined;

  constructor(private readonly parts: RouterParts) {}

  /** Begins to hear signals. */
  start(events: RouterEvents): void {
    this.events = events;
    this.parts.signals.onSignal((signal) => this.hear(signal));
    this.parts.signals.onUnheard((_replica, signal) => {
      if (signal.name === 'push') events.undelivered(signal.value.caller, signal.value.attempt);
    });
  }

  /** Sends a push to a callee, after noting in Redis that its caller waits here. */
  async toPeer(callee: OnlineCallee, push: Push): Promise<void> {
    await this.hold(push.caller);
    const { at } = callee;
    if ('local' in at) {
      this.deliver(at.local, push);
      return;
    }
    const value: PushSignal = { id: callee.id, transportGeneration: at.generation, ...push };
    if (at.replica === this.parts.self) this.pushed(value, this.parts.self);
    else this.parts.signals.sendTo(at.replica, { from: this.parts.self, name: 'push', value });
  }

  /**
   * Brings a callee's answer to the replica that holds its caller. False when nobody is known to
   * wait at that address.
   */
  async toCaller(answer: AnswerSignal): Promise<boolean> {
    if (this.answered(answer)) return true;
    const replica = await this.replicaOf(answer);
    if (replica === undefined) return false;
    if (replica === this.parts.self) return this.answered(answer);
    this.parts.signals.sendTo(replica, { from: this.parts.self, name: 'answer', value: answer });
    return true;
  }

  /** Ends a stay of a peer on another replica. */
  evict(replica: ReplicaId, id: string, generation: number): void {
    if (replica === this.parts.self) return;
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
      this.deliver(peer, push);
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

  private deliver(peer: Peer, push: Push): void {
    // The first byte of a message is its kind: enough to tell two kinds for one caller apart.
    const verdict = passPush(peer, `${push.caller} ${push.message[0]}`, this.parts.clock());
    if (verdict !== 'send') {
      this.parts.counters.drop(verdict === 'coalesced' ? 'push-coalesced' : 'push-limit');
      return;
    }
    if (peer.channel !== undefined) peer.channel.push(push.message);
    else this.parts.sendUdp(push.message, peer.port, peer.ip);
  }

  /** The note must be there before the callee answers; without Redis the push goes out late but does. */
  private async hold(caller: string): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, HOLD_MS);
    });
    const held = this.parts.waiting.hold(caller).catch(() => {
      this.parts.counters.stateFailures += 1;
    });
    await Promise.race([held, patience]);
    clearTimeout(timer);
  }

  /** A callee sends a datagram three times, so that one look is enough for it. */
  private async replicaOf({ caller, byUdp }: AnswerSignal): Promise<ReplicaId | undefined> {
    const replica = await this.parts.waiting.find(caller);
    if (replica !== undefined || byUdp) return replica;
    await new Promise((resolve) => setTimeout(resolve, SECOND_LOOK_MS));
    return this.parts.waiting.find(caller);
  }
}
