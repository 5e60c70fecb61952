import { PerformanceObserver } from 'node:perf_hooks';
import type { Pause } from './gc-log.js';
import type { PunchTimes } from './punch-attempt.js';

/** How far the clocks of two processes on one machine may have drifted apart. */
const CLOCK_ERROR_MS = 1;
/** A shorter pause explains nothing. */
const SHORTEST_MS = 0.5;

/** What was going on during attempts that took longest. */
export interface Coincidences {
  /** A server stopped for its garbage. */
  readonly server: number;
  /** Only the generator did. */
  readonly generator: number;
  readonly neither: number;
}

/** Writes down when this process, the generator, stops for its own garbage. */
export function watchOwnGarbage(): readonly Pause[] {
  const pauses: Pause[] = [];
  new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries()) {
      pauses.push({ startMs: performance.timeOrigin + startTime, tookMs: duration });
    }
  }).observe({ entryTypes: ['gc'] });
  return pauses;
}

/** The slowest hundredth of these attempts, by what happened at the same time. */
export function explainSlowest(
  times: readonly PunchTimes[],
  servers: readonly Pause[],
  generator: readonly Pause[],
): Coincidences {
  const tookMs = ({ pushMs, answerMs }: PunchTimes): number => pushMs + answerMs;
  const slowest = [...times]
    .sort((a, b) => tookMs(b) - tookMs(a))
    .slice(0, Math.ceil(times.length / 100));
  const byServer = slowest.filter((one) => servers.some((pause) => meets(one, pause)));
  const others = slowest.filter((one) => !byServer.includes(one));
  const byGenerator = others.filter((one) => generator.some((pause) => meets(one, pause)));
  return {
    server: byServer.length,
    generator: byGenerator.length,
    neither: others.length - byGenerator.length,
  };
}

function meets({ beganMs, endedMs }: PunchTimes, { startMs, tookMs }: Pause): boolean {
  if (tookMs < SHORTEST_MS) return false;
  return startMs < endedMs + CLOCK_ERROR_MS && startMs + tookMs > beganMs - CLOCK_ERROR_MS;
}
