import type { Provider } from '@nestjs/common';
import { Events, RegistryClient } from '@waystation/bus';
import { CONFIG, Health, LOG, rateCapped, watchRedis, type Log } from '@waystation/ops';
import {
  AccessRules,
  CloseOrders,
  ControlRoles,
  Identities,
  OpsAddresses,
  PendingDevices,
  type Redis,
  Replicas,
  ServerKey,
  RelaySettings,
  SwitchGrants as PublishedGrants,
  Tokens,
  openRedis,
  redisReady,
} from '@waystation/state';
import type { ApiConfig } from '../api-config.js';
import { provide } from '../http/provide.js';
import { Connections } from './connections.js';

/** Injection token of the connection to Redis. */
export const REDIS = Symbol('REDIS');

/** What the api shares with the other services. */
export const connectionParts: Provider[] = [
  {
    provide: REDIS,
    useFactory: async (config: ApiConfig, log: Log, health: Health) => {
      const redis = openRedis(config.redisUrl, 'api', log);
      await redisReady(redis);
      watchRedis(health, redis);
      return redis;
    },
    inject: [CONFIG, LOG, Health],
  },
  {
    provide: Identities,
    useFactory: (redis: Redis) => new Identities(redis),
    inject: [REDIS],
  },
  {
    provide: RegistryClient,
    useFactory: (config: ApiConfig, log: Log) =>
      new RegistryClient(config.redisUrl, { log: rateCapped(log, 1) }),
    inject: [CONFIG, LOG],
  },
  {
    provide: Events,
    useFactory: (config: ApiConfig) => new Events(config.redisUrl),
    inject: [CONFIG],
  },
  provide(Connections, REDIS, RegistryClient, Events),
  provide(CloseOrders, REDIS),
  provide(RelaySettings, REDIS),
  provide(OpsAddresses, REDIS),
  provide(Replicas, REDIS),
  provide(ServerKey, REDIS),
  provide(PublishedGrants, REDIS),
  provide(Tokens, REDIS),
  provide(AccessRules, REDIS),
  provide(PendingDevices, REDIS),
  provide(ControlRoles, REDIS),
];
