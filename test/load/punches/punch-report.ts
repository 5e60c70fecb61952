import { median, short, table } from '../heartbeats/report.js';
import type { Quantiles, Round } from './punch-round.js';

/** How a fresh process did: the first attempts, and those after them. */
export interface WarmUp {
  readonly subject: string;
  readonly first: Quantiles;
  readonly then: Quantiles;
}

/** Attempts that count as the first. */
export const FIRST_ATTEMPTS = 100;

export function warmUpTable(rows: readonly WarmUp[]): string {
  const columns = [
    'server, fresh',
    `first ${String(FIRST_ATTEMPTS)} attempts, p50 / p99 ms`,
    'the next, p50 / p99 / p999 ms',
  ];
  return table(
    columns,
    rows.map(({ subject, first, then }) => [
      subject,
      first.slice(0, 2).map(short).join(' / '),
      then.map(short).join(' / '),
    ]),
  );
}

/** Medians over the rounds of each subject. */
export function roundsTable(rounds: readonly Round[]): string {
  const columns = [
    'server',
    'request → push, p50 / p99 / p999 ms',
    'answer → response',
    'both',
    'per second',
    'CPU µs per attempt',
    'KB allocated',
    'Redis commands',
    'failed',
  ];
  return table(columns, bySubject(rounds).map(costs));
}

/** All rounds of each subject together. */
export function pausesTable(rounds: readonly Round[]): string {
  const columns = [
    'server',
    'pauses for garbage, p50 / longest ms',
    'slowest 1 %: in one of a server / of the generator alone / in none',
  ];
  return table(columns, bySubject(rounds).map(pauses));
}

function bySubject(rounds: readonly Round[]): Round[][] {
  return [...Map.groupBy(rounds, ({ subject }) => subject).values()];
}

function costs(own: readonly Round[]): (string | number)[] {
  const middle = (of: (round: Round) => number): string => short(median(own.map(of)));
  const three = (of: (round: Round) => Quantiles): string =>
    [0, 1, 2].map((n) => middle((round) => of(round)[n] ?? NaN)).join(' / ');
  return [
    own[0]?.subject ?? '',
    three(({ push }) => push),
    three(({ answer }) => answer),
    three(({ both }) => both),
    middle(({ rush }) => rush.perSecond),
    middle(({ rush }) => rush.cpuMicroseconds),
    middle(({ rush }) => rush.allocatedBytes / 1000),
    middle(({ rush }) => rush.redisCommands),
    own.reduce((sum, { failed }) => sum + failed, 0),
  ];
}

function pauses(own: readonly Round[]): (string | number)[] {
  const all = own.flatMap(({ pausesMs }) => pausesMs);
  const sum = (of: (round: Round) => number): number =>
    own.reduce((total, round) => total + of(round), 0);
  const slowest = [
    sum((round) => round.slowest.server),
    sum((round) => round.slowest.generator),
    sum((round) => round.slowest.neither),
  ];
  const longest = all.length === 0 ? NaN : Math.max(...all);
  return [
    own[0]?.subject ?? '',
    `${String(all.length)}, ${short(median(all))} / ${short(longest)}`,
    slowest.join(' / '),
  ];
}
