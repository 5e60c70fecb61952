export { Identities, type Identity } from './identities.js';
export * from './keys.js';
export { LiveReplicas } from './live-replicas.js';
export type { Log } from './log.js';
export { Pairs } from './pairs.js';
export {
  nextGeneration,
  Presences,
  type Appearance,
  type Displaced,
  type Presence,
  type PresenceKind,
} from './presences.js';
export { closeRedis, openRedis, redisReady, RedisUnreachable } from './redis.js';
export { asReplicaId, newReplicaId, type ReplicaId } from './replica-id.js';
export { Replicas, type RefreshOutcome, type ReplicaInfo } from './replicas.js';
export { ServerKey, type ServerKeyFacts } from './server-key.js';
export { Tickets, type Ticket } from './tickets.js';
export { Waiting } from './waiting.js';
export type { Redis } from 'ioredis';
