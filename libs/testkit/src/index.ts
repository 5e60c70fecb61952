export { Child, type ChildOptions } from './child.js';
export {
  freePort,
  freePortBlock,
  freePorts,
  freeServerPorts,
  isFree,
  type ServerPorts,
} from './free-ports.js';
export { findOnPath, startRedis, type RedisOptions, type RedisServer } from './redis-server.js';
export { until, within, type UntilOptions } from './until.js';
