export { CloseOrders, type KeptOrder } from './close-orders.js';
export { DeadReplicas } from './dead-replicas.js';
export { Identities, type Identity } from './identities.js';
export {
  importIdentity,
  importOutcomes,
  isImportable,
  type ImportOutcome,
} from './identity-import.js';
export { IdentityWriter, type ClaimOutcome, type RenameOutcome } from './identity-writer.js';
export * from './key-table.js';
export * from './keys.js';
export * from './lifetimes.js';
export { LeaderLease } from './leader-lease.js';
export { LinkKey } from './link-key.js';
export { LiveReplicas } from './live-replicas.js';
export { silent, type Log } from './log.js';
export { OpsAddresses } from './ops-addresses.js';
export { lightBeacon } from './ops-beacon.js';
export { onNewRedis } from './new-redis.js';
export { Pairs } from './pairs.js';
export { PeerRecords, type PeerRecord } from './peer-records.js';
export { nextGeneration, Presences, type Displaced } from './presences.js';
export { PresenceCensus, type SeenPeer } from './presence-census.js';
export { PROBE_TOKEN_PREFIX, Probes, type ProbeDevice } from './probes.js';
export { closeRedis, openRedis, redisReady, RedisUnreachable } from './redis.js';
export { redisPlace } from './redis-options.js';
export { leaveWhenSilent, stayConnected } from './stay-connected.js';
export type { EndedSession, RunningSession, SessionLeg } from './relayed-session.js';
export { asReplicaId, type ReplicaId } from './replica-id.js';
export { RecordGroup, type StreamEntry } from './record-group.js';
export { RecordStream } from './record-stream.js';
export { Registrations } from './registrations.js';
export { RelayGrantStore } from './relay-grant-store.js';
export {
  relayLists,
  RelaySettings,
  TooManyRelaySettings,
  type ListedNetwork,
  type RelayFacts,
  type RelayList,
  type RelayNumber,
  type RelayNumbers,
} from './relay-settings.js';
export { Replicas, type ReplicaInfo } from './replicas.js';
export { ServerKey, type ServerKeyFacts } from './server-key.js';
export { ExpectedSessions } from './expected-sessions.js';
export { SwitchGrants, switchVerifier } from './switch-grants.js';
export { hearTickets, Tickets, type Ticket } from './tickets.js';
export { hashToken, Tokens, type PublishedLogin, type TokenOwner } from './tokens.js';
export { PendingDevices } from './pending-devices.js';
export { AccessRules, isShutOut, mayConnect } from './access-rules.js';
export type { AccessFacts, DeviceAccess, UserAccess } from './access-rules.js';
export { ControlRoles, type RoleBits } from './control-roles.js';
export { Waiting } from './waiting.js';
export type { Redis } from 'ioredis';
