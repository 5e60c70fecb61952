import { Events, RegistryClient, Signals } from '@waystation/bus';
import { rateCapped, type Log } from '@waystation/ops';
import {
  LiveReplicas,
  Presences,
  Replicas,
  closeRedis,
  openRedis,
  type Redis,
  type ReplicaId,
} from '@waystation/state';

/** Everything by which this replica knows of others and they of it; all of it goes through Redis. */
export class Backplane {
  readonly replicas: Replicas;
  readonly live: LiveReplicas;
  readonly presences: Presences;
  readonly signals: Signals;
  readonly events: Events;
  readonly registry: RegistryClient;
  /** Only listens. */
  readonly subscriber: Redis;

  private constructor(
    readonly self: ReplicaId,
    /** For commands. */
    readonly redis: Redis,
    url: string,
    log: Log,
  ) {
    this.subscriber = openRedis(url, `${self}-signals`, log);
    this.replicas = new Replicas(redis);
    this.live = new LiveReplicas(this.replicas, log);
    this.presences = new Presences(redis, self, this.live);
    this.signals = new Signals(redis, this.subscriber, self, log);
    this.events = new Events(url);
    this.registry = new RegistryClient(url, { log: rateCapped(log, 1) });
  }

  static open(url: string, self: ReplicaId, log: Log): Backplane {
    return new Backplane(self, openRedis(url, self, log), url, log);
  }

  /** Ends what listens and calls, then the connections. Never rejects. */
  async close(): Promise<void> {
    this.live.stop();
    const { signals, events, registry } = this;
    await Promise.allSettled([signals.stop(), events.stop(), registry.stop()]);
    await Promise.all([this.redis, this.subscriber].map((redis) => closeRedis(redis)));
  }
}
