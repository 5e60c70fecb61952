import { execFileSync } from 'node:child_process';
import { cpus, release, totalmem } from 'node:os';
import type { Figures } from './scenarios.js';
import { median } from './statistics.js';
import type { Programs } from './subjects.js';

/** All figures of a run: scenario, then subject, then one entry per round. */
export type Results = Map<string, Map<string, Figures[]>>;

/** What the figures were measured on. */
export function describeMachine(programs: Programs): Record<string, string> {
  const [cpu] = cpus();
  return {
    date: new Date().toISOString().slice(0, 10),
    cpu: `${String(cpus().length)} × ${cpu?.model ?? 'unknown'}`,
    memory: `${String(Math.round(totalmem() / 2 ** 30))} GiB`,
    kernel: `Linux ${release()}`,
    node: process.version,
    ...(programs.hbbr === undefined ? {} : { hbbr: version(programs.hbbr, '--version') }),
    ...(programs.haproxy === undefined ? {} : { haproxy: version(programs.haproxy, '-v') }),
  };
}

function version(program: string, flag: string): string {
  return execFileSync(program, [flag], { encoding: 'utf8' }).split('\n')[0] ?? '';
}

/** A Markdown table: medians, and the median of the ratios round by round to `reference`. */
export function table(results: Results, reference: string): string {
  const lines: string[] = [];
  for (const [scenario, bySubject] of results) {
    const names = Object.keys([...bySubject.values()][0]?.[0] ?? {});
    lines.push('', `### ${scenario}`, '');
    lines.push(`| relay | ${names.join(' | ')} |`, `|---|${names.map(() => '---|').join('')}`);
    const base = bySubject.get(reference);
    for (const [subject, rounds] of bySubject) {
      if (rounds.every((figures) => Object.keys(figures).length === 0)) continue;
      const cells = names.map((name) =>
        cell(rounds, name, subject === reference ? undefined : base),
      );
      lines.push(`| ${subject} | ${cells.join(' | ')} |`);
    }
  }
  return lines.join('\n');
}

function cell(rounds: Figures[], name: string, base: Figures[] | undefined): string {
  const own = median(rounds.map((figures) => figures[name] ?? NaN));
  if (base === undefined) return short(own);
  const ratios = rounds.map((figures, n) => (figures[name] ?? NaN) / (base[n]?.[name] ?? NaN));
  return `${short(own)} (${median(ratios).toFixed(2)}×)`;
}

function short(value: number): string {
  if (Math.abs(value) >= 100) return value.toFixed(0);
  return value.toFixed(Math.abs(value) >= 10 ? 1 : 2);
}
