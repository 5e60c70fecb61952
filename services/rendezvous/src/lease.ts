import { Identities, LEASE_REFRESH_MS, onNewRedis } from '@waystation/state';
import type { ReplicaInfo, Replicas } from '@waystation/state';
import type { Backplane } from './backplane.js';
import type { SessionParts } from './client-session.js';
import { Rekeying } from './rekeying.js';

/** What the lease asks of the replica. */
export interface LeaseEvents {
  /** Connections and peers, for choosing the least loaded replica. */
  load(): number;
  /** Redis had given this replica up: all it announced must be told again. */
  forgotten(): void;
  failed(error: unknown): void;
}

/** Keeps this replica's lease: presences count only while it lives (D2). */
export class Lease {
  private timer: NodeJS.Timeout | undefined;
  private refreshing = false;

  constructor(
    private readonly replicas: Pick<Replicas, 'announce' | 'refresh' | 'withdraw'>,
    private readonly info: ReplicaInfo,
    private readonly events: LeaseEvents,
  ) {}

  async start(): Promise<void> {
    await this.replicas.announce(this.info);
    this.timer = setInterval(() => void this.refresh(), LEASE_REFRESH_MS);
  }

  /** Ends the lease; the peers of this replica count as offline until another one hears them. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    try {
      await this.replicas.withdraw();
    } catch (error) {
      // Without Redis the lease ends by itself.
      this.events.failed(error);
    }
  }

  private async refresh(): Promise<void> {
    if (this.refreshing) return;
    this.refreshing = true;
    try {
      const outcome = await this.replicas.refresh({ load: this.events.load() });
      if (outcome === 'forgotten') this.events.forgotten();
    } catch (error) {
      this.events.failed(error);
    } finally {
      this.refreshing = false;
    }
  }
}

/** The lease of this replica, with its public address if it knows one. */
export function leaseFor(
  config: { readonly host: string; readonly port: number },
  { ctx, callers }: SessionParts,
  { self, redis, replicas }: Backplane,
): Lease {
  const info: ReplicaInfo = {
    id: self,
    service: 'rendezvous',
    started: Date.now(),
    version: process.version,
    draining: false,
    load: 0,
    addresses: config.host === '' ? {} : { public: `${config.host}:${config.port}` },
  };
  const identities = new Identities(redis);
  const failed = (): void => void (ctx.counters.stateFailures += 1);
  const rekeying = new Rekeying(
    ctx.peers,
    async (ids) => {
      const found = await identities.getMany(ids);
      return new Set(ids.filter((_, n) => (found[n]?.pk.length ?? 0) > 0));
    },
    failed,
  );
  const tellAgain = (): void => {
    for (const peer of ctx.peers.all()) ctx.presence.peerChanged(peer);
    rekeying.begin();
  };
  onNewRedis(redis, tellAgain);
  const load = (): number => ctx.peers.size + callers.size;
  return new Lease(replicas, info, { load, forgotten: tellAgain, failed });
}
