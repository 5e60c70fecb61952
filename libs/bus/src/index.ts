export { Events, parseCloseSession, type BusEvents, type SessionChoice } from './events.js';
export { NestRedisServer, nestRedisOptions } from './nest-redis.js';
export * from './registry-calls.js';
export { RegistryClient, RegistryUnavailable } from './registry-client.js';
export { Signals } from './signals.js';
