import { keys, silent, type Log, type Redis, type ReplicaId } from '@waystation/state';
import { decodeSignal, encodeSignal, type Signal } from '@waystation/wire';

/** Signals without an acknowledgement from Redis, above which new ones are dropped. */
const MAX_UNSENT = 4_096;

/** What has become of signals since the start. */
export interface SignalCounts {
  sent: number;
  /** Redis could not be reached. */
  failed: number;
  /** Too many were on their way. */
  dropped: number;
  /** The addressed replica does not listen; it is dead or cut off. */
  unheard: number;
  received: number;
  /** Bytes on our channel that are no signal. */
  undecodable: number;
}

/**
 * Binary messages from one replica to one other. Nothing is queued or repeated: a lost signal is a
 * client's retry.
 */
export class Signals {
  readonly counts: SignalCounts = {
    sent: 0,
    failed: 0,
    dropped: 0,
    unheard: 0,
    received: 0,
    undecodable: 0,
  };
  readonly #publisher: Redis;
  readonly #subscriber: Redis;
  readonly #self: ReplicaId;
  readonly #log: Log;
  #unsent = 0;
  #handler: (signal: Signal) => void = () => undefined;
  #unheard: (replica: ReplicaId, signal: Signal) => void = () => undefined;

  /** `subscriber` must be a connection of its own: Redis allows no other commands on it. */
  constructor(publisher: Redis, subscriber: Redis, self: ReplicaId, log: Log = silent) {
    this.#publisher = publisher;
    this.#subscriber = subscriber;
    this.#self = self;
    this.#log = log;
  }

  /** Fire and forget; failures are counted. */
  sendTo(replica: ReplicaId, signal: Signal): void {
    if (this.#unsent >= MAX_UNSENT) {
      this.counts.dropped++;
      return;
    }
    this.#unsent++;
    this.#publisher
      .publish(keys.signal(replica), encodeSignal(signal))
      .then((listeners) => {
        this.#sent(replica, signal, listeners);
      })
      .catch(() => {
        this.counts.failed++;
      })
      .finally(() => {
        this.#unsent--;
      });
  }

  /** One handler, set before `start`; what it throws is logged. */
  onSignal(handler: (signal: Signal) => void): void {
    this.#handler = handler;
  }

  /** Called with a signal that no replica received: its replica is dead or cut off. */
  onUnheard(handler: (replica: ReplicaId, signal: Signal) => void): void {
    this.#unheard = handler;
  }

  /** Subscribes; the subscription comes back by itself after an outage. */
  async start(): Promise<void> {
    this.#subscriber.on('messageBuffer', this.#receive);
    await this.#subscriber.subscribe(keys.signal(this.#self));
  }

  async stop(): Promise<void> {
    this.#subscriber.off('messageBuffer', this.#receive);
    if (this.#subscriber.status === 'ready') {
      await this.#subscriber.unsubscribe(keys.signal(this.#self));
    }
  }

  #sent(replica: ReplicaId, signal: Signal, listeners: number): void {
    this.counts.sent++;
    if (listeners > 0) return;
    this.counts.unheard++;
    this.#unheard(replica, signal);
  }

  readonly #receive = (_channel: Buffer, bytes: Buffer): void => {
    let signal: Signal;
    try {
      signal = decodeSignal(bytes);
    } catch {
      this.counts.undecodable++;
      return;
    }
    this.counts.received++;
    try {
      this.#handler(signal);
    } catch (error) {
      this.#log.warn('a signal could not be handled', { reason: String(error) });
    }
  };
}
