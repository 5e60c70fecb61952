export { Pump } from './pump.js';
export type { PairLimits, PumpStart } from './pump.js';
export type { PumpOptions } from './launch.js';
export type { PumpedPair } from './pumped-pair.js';
export type { PumpEnd, PumpEndReason } from './pump-end.js';
export { TokenBucket } from './token-bucket.js';
