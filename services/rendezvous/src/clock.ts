import { performance } from 'node:perf_hooks';

/** Milliseconds since some fixed moment; never runs backwards, never overflows. */
export type Clock = () => number;

/** The process's own clock: unlike the time of day nobody can set it back. */
export const monotonicClock: Clock = () => performance.now();
