import { execFileSync } from 'node:child_process';
import { cpus, loadavg, release, totalmem } from 'node:os';

/** What figures were measured on; `programs` are other people's programs by name. */
export function describeMachine(
  programs: Readonly<Record<string, string | undefined>> = {},
): Record<string, string> {
  const [cpu] = cpus();
  return {
    date: new Date().toISOString().slice(0, 16),
    cpu: `${String(cpus().length)} × ${cpu?.model ?? 'unknown'}`,
    memory: `${String(Math.round(totalmem() / 2 ** 30))} GiB`,
    kernel: `Linux ${release()}`,
    node: process.version,
    loadAverage: loadavg()
      .map((load) => load.toFixed(1))
      .join(' '),
    ...Object.fromEntries(
      Object.entries(programs).flatMap(([name, path]) =>
        path === undefined ? [] : [[name, version(path)]],
      ),
    ),
  };
}

function version(program: string): string {
  try {
    const text = execFileSync(program, ['--version'], { encoding: 'utf8', timeout: 2000 });
    return text.split('\n')[0] ?? '';
  } catch {
    return 'version unknown';
  }
}

/** The middle value; the mean of the two middle ones for an even number. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  if (sorted.length % 2 === 1) return sorted[Math.floor(middle)] ?? NaN;
  return ((sorted[middle - 1] ?? NaN) + (sorted[middle] ?? NaN)) / 2;
}

/** The value that `share` (0 to 1) of all do not exceed. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
}

/** A Markdown table. */
export function table(
  columns: readonly string[],
  rows: readonly (readonly (string | number)[])[],
): string {
  const line = (cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`;
  return [line(columns), line(columns.map(() => '---')), ...rows.map(line)].join('\n');
}

/** Three significant places. */
export function short(value: number): string {
  if (Number.isNaN(value)) return '–';
  if (Math.abs(value) >= 100) return value.toFixed(0);
  return value.toFixed(Math.abs(value) >= 10 ? 1 : 2);
}
