import { Module } from '@nestjs/common';
import { Events, RegistryClient, Signals } from '@waystation/bus';
import { CONFIG, LOG, Metrics, REPLICA } from '@waystation/ops';
import type { Log } from '@waystation/ops';
import { LiveReplicas, Presences, Replicas, asReplicaId } from '@waystation/state';
import type { ReplicaId, ReplicaInfo } from '@waystation/state';
import { Callers } from './callers.js';
import type { SessionParts } from './client-session.js';
import { monotonicClock } from './clock.js';
import { openConnections, type RedisConnections } from './connections.js';
import { createContext } from './create-context.js';
import { Counters } from './counters.js';
import { KeyOffers } from './key-offer.js';
import { Lease } from './lease.js';
import { PeerTable } from './peer-table.js';
import { Ports, type RendezvousConfig } from './ports.js';
import { Replica } from './replica.js';
import { publishGauges } from './replica-metrics.js';
import { UdpOutlet } from './udp-outlet.js';
import type { Context } from './context.js';

const CONNECTIONS = Symbol('CONNECTIONS');
const CONTEXT = Symbol('CONTEXT');
const SESSIONS = Symbol('SESSIONS');

/** The parts of a rendezvous replica and what each is made of. */
@Module({
  providers: [
    { provide: Counters, useFactory: () => new Counters() },
    { provide: Callers, useFactory: () => new Callers() },
    { provide: UdpOutlet, useFactory: () => new UdpOutlet() },
    {
      provide: CONNECTIONS,
      inject: [CONFIG, REPLICA, LOG],
      useFactory: (config: RendezvousConfig, replica: string, log: Log) =>
        openConnections(config.redisUrl, replica, log),
    },
    {
      provide: RegistryClient,
      inject: [CONFIG],
      useFactory: (config: RendezvousConfig) => new RegistryClient(config.redisUrl),
    },
    {
      provide: Events,
      inject: [CONFIG],
      useFactory: (config: RendezvousConfig) => new Events(config.redisUrl),
    },
    {
      provide: Replicas,
      inject: [CONNECTIONS],
      useFactory: ({ commands }: RedisConnections) => new Replicas(commands),
    },
    {
      provide: LiveReplicas,
      inject: [Replicas, LOG],
      useFactory: (replicas: Replicas, log: Log) => new LiveReplicas(replicas, log),
    },
    {
      provide: Presences,
      inject: [CONNECTIONS, REPLICA, LiveReplicas],
      useFactory: ({ commands }: RedisConnections, replica: string, live: LiveReplicas) =>
        new Presences(commands, asReplicaId(replica), live),
    },
    {
      provide: Signals,
      inject: [CONNECTIONS, REPLICA, LOG],
      useFactory: ({ commands, subscriber }: RedisConnections, replica: ReplicaId, log: Log) =>
        new Signals(commands, subscriber, replica, log),
    },
    {
      provide: PeerTable,
      inject: [CONFIG],
      useFactory: (config: RendezvousConfig) => new PeerTable(monotonicClock, config.silentAfterMs),
    },
    {
      provide: KeyOffers,
      inject: [RegistryClient, Counters],
      useFactory: (registry: RegistryClient, counters: Counters) =>
        new KeyOffers(
          (keys) => registry.signBoxKeys(keys),
          () => (counters.registryFailures += 1),
        ),
    },
    {
      provide: CONTEXT,
      inject: [
        CONFIG,
        LOG,
        REPLICA,
        CONNECTIONS,
        Counters,
        Callers,
        PeerTable,
        Presences,
        Signals,
        RegistryClient,
        UdpOutlet,
      ],
      useFactory: createContext,
    },
    {
      provide: Lease,
      inject: [Replicas, REPLICA, CONTEXT, Callers, CONFIG],
      useFactory: createLease,
    },
    {
      provide: SESSIONS,
      inject: [CONFIG, CONTEXT, Callers, KeyOffers],
      useFactory: (
        config: RendezvousConfig,
        ctx: Context,
        callers: Callers,
        offers: KeyOffers,
      ): SessionParts => ({
        ctx,
        callers,
        offers,
        open: new Set(),
        idleMs: config.idleMs,
        heartbeatMs: config.heartbeatMs,
        secureDelayMs: config.secureTcpDelayMs,
      }),
    },
    {
      provide: Replica,
      inject: [
        CONFIG,
        LOG,
        CONNECTIONS,
        CONTEXT,
        Callers,
        Lease,
        LiveReplicas,
        RegistryClient,
        Signals,
        Events,
        KeyOffers,
      ],
      useFactory: createReplica,
    },
    {
      provide: Ports,
      inject: [CONFIG, Replica, SESSIONS, UdpOutlet, LOG, Metrics, Counters],
      useFactory: (
        config: RendezvousConfig,
        replica: Replica,
        sessions: SessionParts,
        outlet: UdpOutlet,
        log: Log,
        metrics: Metrics,
        counters: Counters,
      ) => {
        const ports = new Ports(config, replica, sessions, outlet, log);
        counters.publish(metrics);
        publishGauges(metrics, sessions, ports);
        return ports;
      },
    },
  ],
})
export class RendezvousModule {}

function createLease(
  replicas: Replicas,
  replica: ReplicaId,
  ctx: Context,
  callers: Callers,
  config: RendezvousConfig,
): Lease {
  const info: ReplicaInfo = {
    id: replica,
    service: 'rendezvous',
    started: Date.now(),
    version: process.version,
    draining: false,
    load: 0,
    addresses: config.host === '' ? {} : { public: `${config.host}:${config.port}` },
  };
  return new Lease(replicas, info, {
    load: () => ctx.peers.size + callers.size,
    forgotten: () => {
      for (const peer of ctx.peers.all()) ctx.presence.peerChanged(peer);
    },
    failed: () => (ctx.counters.stateFailures += 1),
  });
}

function createReplica(
  config: RendezvousConfig,
  log: Log,
  { commands, subscriber }: RedisConnections,
  ctx: Context,
  callers: Callers,
  lease: Lease,
  liveReplicas: LiveReplicas,
  registry: RegistryClient,
  signals: Signals,
  events: Events,
  offers: KeyOffers,
): Replica {
  return new Replica({
    ctx,
    callers,
    lease,
    liveReplicas,
    registry,
    signals,
    events,
    offers,
    log,
    relayCheckMs: config.relayCheckMs,
    connections: [commands, subscriber],
  });
}
