import { Module } from '@nestjs/common';
import { CONFIG, Health, LOG, Metrics, Pages, rateCapped, REPLICA } from '@waystation/ops';
import type { Log } from '@waystation/ops';
import { asReplicaId } from '@waystation/state';
import { Backplane } from './backplane.js';
import { BriefMap } from './brief-map.js';
import type { SessionParts } from './client-session.js';
import type { Context } from './context.js';
import { createContext } from './create-context.js';
import { watchOwnHealth } from './own-health.js';
import { newHoldings, type Holdings } from './holdings.js';
import { explainRelays } from './explain-relays.js';
import { KeyOffers } from './key-offer.js';
import { leaseFor } from './lease.js';
import { Ports, type RendezvousConfig } from './ports.js';
import { Replica } from './replica.js';
import { publishGauges } from './replica-metrics.js';

const CONTEXT = Symbol('CONTEXT');
const HOLDINGS = Symbol('HOLDINGS');
const SESSIONS = Symbol('SESSIONS');

/** The parts of a rendezvous replica and what each is made of. */
@Module({
  providers: [
    {
      provide: HOLDINGS,
      inject: [CONFIG],
      useFactory: (config: RendezvousConfig) => newHoldings(config.silentAfterMs),
    },
    {
      provide: Backplane,
      inject: [CONFIG, REPLICA, LOG],
      useFactory: (config: RendezvousConfig, replica: string, log: Log) =>
        Backplane.open(config.redisUrl, asReplicaId(replica), log),
    },
    {
      provide: KeyOffers,
      inject: [Backplane, HOLDINGS, LOG],
      useFactory: ({ registry }: Backplane, { counters }: Holdings, log: Log) =>
        new KeyOffers(
          (keys) => registry.signBoxKeys(keys),
          rateCapped(log, 1),
          () => (counters.registryFailures += 1),
        ),
    },
    {
      provide: CONTEXT,
      inject: [CONFIG, LOG, Backplane, HOLDINGS],
      useFactory: createContext,
    },
    {
      provide: SESSIONS,
      inject: [CONFIG, CONTEXT, HOLDINGS, KeyOffers],
      useFactory: (
        config: RendezvousConfig,
        ctx: Context,
        { callers }: Holdings,
        offers: KeyOffers,
      ): SessionParts => ({
        ctx,
        callers,
        offers,
        open: new BriefMap(),
        idleMs: config.idleMs,
        heartbeatMs: config.heartbeatMs,
        secureDelayMs: config.secureTcpDelayMs,
      }),
    },
    {
      provide: Replica,
      inject: [CONFIG, SESSIONS, Backplane],
      useFactory: (config: RendezvousConfig, sessions: SessionParts, backplane: Backplane) => {
        const lease = leaseFor(config, sessions, backplane);
        return new Replica(sessions, backplane, lease, config.relayCheckMs);
      },
    },
    {
      provide: Ports,
      inject: [CONFIG, Replica, SESSIONS, HOLDINGS, LOG],
      useFactory: (
        config: RendezvousConfig,
        replica: Replica,
        sessions: SessionParts,
        { outlet }: Holdings,
        log: Log,
      ) => new Ports(config, replica, sessions, outlet, log),
    },
    {
      provide: 'health',
      inject: [Health, Backplane, CONFIG],
      useFactory: (health: Health, backplane: Backplane, config: RendezvousConfig) => {
        watchOwnHealth(health, backplane, config);
        return health;
      },
    },
    { provide: 'pages', inject: [Pages, CONTEXT], useFactory: explainRelays },
    {
      provide: 'metrics',
      inject: [Metrics, HOLDINGS, SESSIONS, Ports],
      useFactory: (
        metrics: Metrics,
        { counters }: Holdings,
        sessions: SessionParts,
        ports: Ports,
      ) => {
        counters.publish(metrics);
        publishGauges(metrics, sessions, ports);
        return metrics;
      },
    },
  ],
})
export class RendezvousModule {}
