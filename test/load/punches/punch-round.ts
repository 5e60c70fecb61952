import { cpuSeconds } from '../heartbeats/process-figures.js';
import { quantile } from '../heartbeats/report.js';
import { commandCounts, difference } from '../fleet/redis-commands.js';
import type { Pause } from './gc-log.js';
import type { PunchTimes } from './punch-attempt.js';
import type { PunchRange } from './punch-range.js';
import { explainSlowest, type Coincidences } from './slow-attempts.js';

export type Quantiles = readonly [p50: number, p99: number, p999: number];

/** One subject in one round. */
export interface Round {
  readonly subject: string;
  readonly failed: number;
  /** Milliseconds of the server's time at an even pace: push, answer, both together. */
  readonly push: Quantiles;
  readonly answer: Quantiles;
  readonly both: Quantiles;
  readonly slowest: Coincidences;
  /** Pauses of the servers at that pace, milliseconds. */
  readonly pausesMs: readonly number[];
  readonly rush: Rush;
}

/** What attempts cost when there is always another one. */
export interface Rush {
  readonly arrived: number;
  readonly perSecond: number;
  /** Per attempt, all replicas together; what is not known is NaN. */
  readonly cpuMicroseconds: number;
  readonly allocatedBytes: number;
  readonly redisCommands: number;
}

export interface RoundOptions {
  readonly paced: number;
  readonly pace: number;
  readonly rush: number;
}

export async function playRound(
  range: PunchRange,
  { paced, pace, rush }: RoundOptions,
  ownPauses: readonly Pause[],
): Promise<Round> {
  const beganMs = Date.now();
  const results = await range.paced(paced, pace);
  const endedMs = Date.now();
  const times = results.filter((one) => one !== undefined);
  const pauses = range.garbage?.pauses() ?? [];
  const during = pauses.filter(({ startMs }) => startMs >= beganMs && startMs < endedMs);
  const rushed = await playRush(range, rush);
  return {
    subject: range.subject.name,
    failed: results.length - times.length + rush - rushed.arrived,
    push: quantiles(times.map(({ pushMs }) => pushMs)),
    answer: quantiles(times.map(({ answerMs }) => answerMs)),
    both: bothQuantiles(times),
    slowest: explainSlowest(times, during, ownPauses),
    pausesMs: during.map(({ tookMs }) => tookMs),
    rush: rushed,
  };
}

async function playRush(range: PunchRange, attempts: number): Promise<Rush> {
  const before = await readings(range);
  const start = performance.now();
  const arrived = await range.rush(attempts);
  const seconds = (performance.now() - start) / 1000;
  const after = await readings(range);
  const commands = Object.values(difference(before.commands, after.commands));
  const isOurs = range.subject.stack !== undefined;
  return {
    arrived,
    perSecond: arrived / seconds,
    cpuMicroseconds: ((after.cpuSeconds - before.cpuSeconds) / attempts) * 1e6,
    allocatedBytes: (after.allocated - before.allocated) / attempts,
    redisCommands: isOurs ? commands.reduce((sum, calls) => sum + calls, 0) / attempts : NaN,
  };
}

interface Readings {
  readonly cpuSeconds: number;
  readonly allocated: number;
  readonly commands: ReadonlyMap<string, number>;
}

async function readings({ subject, garbage }: PunchRange): Promise<Readings> {
  const { pids, stack } = subject;
  return {
    commands: stack === undefined ? new Map() : await commandCounts(stack.redis.port),
    allocated: garbage === undefined ? NaN : await garbage.allocatedBytes(pids),
    cpuSeconds: pids.reduce((sum, pid) => sum + cpuSeconds(pid), 0),
  };
}

/** Of push and answer of one attempt together. */
export function bothQuantiles(times: readonly PunchTimes[]): Quantiles {
  return quantiles(times.map(({ pushMs, answerMs }) => pushMs + answerMs));
}

function quantiles(ms: readonly number[]): Quantiles {
  return [quantile(ms, 0.5), quantile(ms, 0.99), quantile(ms, 0.999)];
}
