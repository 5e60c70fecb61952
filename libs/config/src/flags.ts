import { canonicalName, nearest } from './names.js';
import type { AnyOption } from './settings.js';

/** What a command line said. */
export interface Flags {
  readonly values: ReadonlyMap<AnyOption, string>;
  /** Path given with `-c` or `--config`. */
  readonly configFile: string | undefined;
  readonly faults: readonly string[];
}

const CONFIG_FLAGS = ['-c', '--config'];

/**
 * Reads `-p 1`, `--port 1`, `--port=1`; every option is also known as `--its-name`, in any case. A
 * yes-or-no option may stand without a value.
 */
export function readFlags(argv: readonly string[], options: readonly AnyOption[]): Flags {
  const byFlag = flagIndex(options);
  const values = new Map<AnyOption, string>();
  const faults: string[] = [];
  let configFile: string | undefined;
  for (let at = 0; at < argv.length; at++) {
    const { flag, inline } = splitFlag(argv[at] ?? '');
    const target = CONFIG_FLAGS.includes(flag) ? 'config' : byFlag.get(flagKey(flag));
    if (target === undefined) {
      faults.push(unknownFlag(flag, [...byFlag.keys()]));
      if (inline === undefined && isValue(argv[at + 1])) at++;
      continue;
    }
    const bare = target !== 'config' && target.kind === 'yes or no' && !isValue(argv[at + 1]);
    const value = inline ?? (bare ? 'Y' : argv[++at]);
    if (value === undefined) faults.push(`${flag} needs a value behind it.`);
    else if (target === 'config') configFile = value;
    else values.set(target, value);
  }
  return { values, configFile, faults };
}

function splitFlag(text: string): { flag: string; inline: string | undefined } {
  const sign = text.startsWith('--') ? text.indexOf('=') : -1;
  if (sign < 0) return { flag: text, inline: undefined };
  return { flag: text.slice(0, sign), inline: text.slice(sign + 1) };
}

/** Short flags keep their case (`-r` and `-R` differ); long ones ignore it, and `_` is `-`. */
function flagKey(flag: string): string {
  return flag.startsWith('--') ? `--${canonicalName(flag.slice(2))}` : flag;
}

function flagIndex(options: readonly AnyOption[]): Map<string, AnyOption> {
  const index = new Map<string, AnyOption>();
  for (const option of options) {
    for (const name of [option.name, ...(option.aliases ?? [])])
      index.set(flagKey(`--${name}`), option);
  }
  for (const option of options)
    for (const flag of option.flags ?? []) index.set(flagKey(flag), option);
  return index;
}

function isValue(next: string | undefined): boolean {
  return next !== undefined && !next.startsWith('-');
}

function unknownFlag(flag: string, known: readonly string[]): string {
  if (!flag.startsWith('-')) return `"${flag}" on the command line belongs to no flag.`;
  const near = flag.startsWith('--') ? nearest(flagKey(flag), known) : undefined;
  if (near === undefined) return `${flag} is no flag of this service.`;
  const spelled = near.toLowerCase().replaceAll('_', '-');
  return `${flag} is no flag of this service; did you mean ${spelled}?`;
}
