/**
 * Milliseconds of the monotonic clock, with fractions, the same in every thread of the process.
 * (`performance.now()` is cheap but counts from each thread's own start.)
 */
export function monotonicMs(): number {
  return ORIGIN_MS + performance.now();
}

const ORIGIN_MS = Number(process.hrtime.bigint()) / 1e6 - performance.now();
