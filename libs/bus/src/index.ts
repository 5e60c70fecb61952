export {
  Events,
  eventSubjects,
  identityChanges,
  type BusEvents,
  type SessionChoice,
} from './events.js';
export { NestRedisClient, NestRedisServer, nestRedisOptions } from './nest-redis.js';
export * from './registry-calls.js';
export {
  RegistryClient,
  RegistryUnavailable,
  type RegistryClientOptions,
} from './registry-client.js';
export { Signals, type SignalCounts } from './signals.js';
