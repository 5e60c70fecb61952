export { Health, type Probe, type Readiness } from './health.js';
export {
  createLog,
  rateCapped,
  withFields,
  type Log,
  type LogFields,
  type LogFormat,
  type LogLevel,
} from './log.js';
export { maskFields, maskText } from './mask.js';
export {
  Metrics,
  type Counter,
  type Gauge,
  type Histogram,
  type Sample,
  type Series,
} from './metrics.js';
export { nestLogger, silenceNest } from './nest-logger.js';
export { type Beacon, type BeaconOrder } from './beacon.js';
export { Pages, type Page } from './pages.js';
export { startOpsServer, type OpsServer, type OpsServerOptions } from './ops-server.js';
export {
  CONFIG,
  LOG,
  REPLICA,
  createParts,
  withParts,
  type OpsConfig,
  type Parts,
} from './parts.js';
export { runService, type NestOptions, type ServiceOptions } from './run.js';
export { explainStart, StartError } from './start-error.js';
