export { exchangeBulk, sendBulk, type Digest } from './bulk.js';
export { CallFailed, type FailureReason } from './call-failed.js';
export { Caller, type CallerOptions } from './caller.js';
export { Child, type ChildOptions } from './child.js';
export { CURRENT_VERSION, habitsOf, type ClientHabits } from './client-version.js';
export { hear, interpret, tell, type Heard } from './conversation.js';
export { Device, type DeviceOptions } from './device.js';
export {
  freePort,
  freePortBlock,
  freePorts,
  freeServerPorts,
  isFree,
  type ServerPorts,
} from './free-ports.js';
export { newIdentity, newSigningKeys, type DeviceIdentity } from './identity.js';
export { NothingCame } from './inbox.js';
export { CLIENT_TIMEOUT_MS, Leg, type DialOptions, type Transport } from './leg.js';
export { loopbackAddress } from './loopback-address.js';
export { Lab, type LabHost, type LabNat } from './namespaces.js';
export type { NatKind } from './nat-rules.js';
export { openSignedPeer, type SignedPeer } from './peer-handshake.js';
export { hearAnswer, refusal, type PunchAnswer } from './punch-answer.js';
export { changeId, onlineStates, testNat, type QueryOptions } from './queries.js';
export { Queue } from './queue.js';
export { startRedisGroup, type RedisGroup } from './redis-group.js';
export { findOnPath, startRedis, type RedisOptions, type RedisServer } from './redis-server.js';
export { joinRelay, type RelayJoin } from './relay-join.js';
export { Replica, type ReplicaOptions, type ServiceName } from './replica.js';
export { secureTcp, SignatureMismatch } from './secure-tcp.js';
export {
  assumedRelay,
  dial,
  parseHostPort,
  VENDOR_KEY,
  type ServerAddress,
} from './server-address.js';
export type { CallerSession, Path, Session } from './session.js';
export { entryOf, Stack, startStack, type StackOptions } from './stack.js';
export { dialTcp, TcpLeg } from './tcp-leg.js';
export { until, within, type UntilOptions } from './until.js';
export { dialWs, WsLeg } from './ws-leg.js';
