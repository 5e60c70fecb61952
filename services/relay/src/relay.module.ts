import { Module } from '@nestjs/common';
import type { Config, relaySettings } from '@waystation/config';
import { AddressSet, probeTcp } from '@waystation/net';
import { CONFIG, Health, LOG, Metrics, REPLICA } from '@waystation/ops';
import type { Log } from '@waystation/ops';
import { asReplicaId, openRedis, ServerKey } from '@waystation/state';
import { Bandwidth } from './bandwidth.js';
import { createNetwork } from './create-network.js';
import { LicenceKey } from './licence-key.js';
import { readListFiles } from './list-files.js';
import { PROTOCOL_LIMITS } from './limits.js';
import type { RelayLimits } from './limits.js';
import { Ports } from './ports.js';
import { PumpHouse } from './pump-house.js';
import { RedisConnection } from './redis-connection.js';
import { Relay } from './relay.js';
import type { RelayPlace } from './relay.js';
import { Surroundings } from './surroundings.js';

type RelayConfig = Config<typeof relaySettings>;

function limitsOf(config: RelayConfig): RelayLimits {
  return {
    ...PROTOCOL_LIMITS,
    joinMs: config.joinMs,
    waitMs: config.waitMs,
    idleMs: config.idleMs,
    waitingTotal: config.waitingTotal,
    waitingPerAddress: config.waitingPerAddress,
    sessionsPerAddress: config.sessionsPerAddress,
  };
}

function placeOf(config: RelayConfig): RelayPlace {
  return {
    ...(config.bind === '' ? {} : { host: config.bind }),
    port: config.port,
    reusePort: true,
    maxPerAddress: config.connectionsPerAddress,
    trustedProxies: AddressSet.parse(config.trustedProxies.join(',')),
    proxyProtocol: config.proxyProtocol,
  };
}

/** Well within the patience of a probe. */
const HELLO_MS = 1500;

/** Says whether clients get in. */
async function requireAnswer(host: string, port: number): Promise<void> {
  if (!(await probeTcp(host, port, HELLO_MS))) throw new Error(`TCP ${host}:${port} takes nobody`);
}

/** The parts of the relay and what each is made of. */
@Module({
  providers: [
    {
      provide: RedisConnection,
      useFactory: (config: RelayConfig, replica: string, log: Log, health: Health) =>
        new RedisConnection(openRedis(config.redisUrl, replica, log), health),
      inject: [CONFIG, REPLICA, LOG, Health],
    },
    {
      provide: LicenceKey,
      useFactory: (config: RelayConfig, { redis }: RedisConnection, log: Log) =>
        new LicenceKey(config.key, new ServerKey(redis), log),
      inject: [CONFIG, RedisConnection, LOG],
    },
    {
      provide: PumpHouse,
      useFactory: async (config: RelayConfig, log: Log, metrics: Metrics) => {
        const house = await PumpHouse.open(config.pump, log);
        house.offer(metrics);
        return house;
      },
      inject: [CONFIG, LOG, Metrics],
    },
    {
      provide: Relay,
      useFactory: (
        config: RelayConfig,
        key: LicenceKey,
        pumps: PumpHouse,
        log: Log,
        metrics: Metrics,
      ) => {
        const lists = readListFiles('.', log);
        const bandwidth = new Bandwidth(config);
        pumps.limit(bandwidth);
        const relay = new Relay(limitsOf(config), key, log, lists, bandwidth, pumps.rawPath);
        relay.counters.offer(metrics, relay.levels);
        return relay;
      },
      inject: [CONFIG, LicenceKey, PumpHouse, LOG, Metrics],
    },
    {
      provide: Surroundings,
      useFactory: (
        config: RelayConfig,
        replica: string,
        { redis }: RedisConnection,
        relay: Relay,
        log: Log,
        metrics: Metrics,
      ) => {
        const self = asReplicaId(replica);
        const limits = limitsOf(config);
        return createNetwork({ config, limits, self, redis, relay, log, metrics });
      },
      inject: [CONFIG, REPLICA, RedisConnection, Relay, LOG, Metrics],
    },
    {
      provide: Ports,
      useFactory: (
        config: RelayConfig,
        relay: Relay,
        key: LicenceKey,
        surroundings: Surroundings,
        pumps: PumpHouse,
      ) => new Ports(relay, key, placeOf(config), config.drainMs, { surroundings, pumps }),
      inject: [CONFIG, Relay, LicenceKey, Surroundings, PumpHouse],
    },
    {
      provide: 'health',
      useFactory: (health: Health, { bind, port }: RelayConfig) => {
        health.addProbe('tcp', () => requireAnswer(bind === '' ? '127.0.0.1' : bind, port));
        return health;
      },
      inject: [Health, CONFIG],
    },
  ],
})
export class RelayModule {}
