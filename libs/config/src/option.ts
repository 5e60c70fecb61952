import { BadValue } from './config-error.js';

/** What every option says about itself; the documentation is generated from it. */
export interface OptionFacts<T> {
  /** Name in the environment and in `.env`, upper case with underscores (upstream's, if it has one). */
  readonly name: string;
  /** One sentence for the operator, without a full stop at the end. */
  readonly meaning: string;
  readonly default: T;
  /** Command-line flags, e.g. `['-p', '--port']`; without them `--some-name` still works. */
  readonly flags?: readonly string[];
  /** Other names with the same meaning, e.g. upstream's. */
  readonly aliases?: readonly string[];
  /** A value that works, for messages and documentation; else the default is shown. */
  readonly example?: string;
  /** How the documentation shows the default, where the value itself would say too little. */
  readonly defaultText?: string;
}

/** One option, ready to be read: facts plus the parser of its text. */
export interface Option<T> extends OptionFacts<T> {
  readonly kind:
    'integer' | 'number' | 'text' | 'yes or no' | 'list' | 'duration' | 'choice' | 'JSON';
  readonly unit?: string;
  /** True: the value is masked everywhere and `NAME_FILE` may name a file that holds it. */
  readonly secret: boolean;
  /** True: `NAME=` (nothing behind the sign) is a value; else it means "not set". */
  readonly emptyIsValue: boolean;
  /** Throws BadValue. `fromFlag` is true for a value given on the command line. */
  readonly parse: (text: string, fromFlag: boolean) => T;
  readonly format: (value: T) => string;
}

interface NumberFacts extends OptionFacts<number> {
  readonly min?: number;
  readonly max?: number;
  readonly unit?: string;
  /** Added to a value from the environment or a file, not to one from a flag (upstream's hbbr PORT). */
  readonly environmentOffset?: number;
  /** Zero and below mean the default, as upstream has it for its bandwidth limits. */
  readonly nonPositiveIsDefault?: boolean;
}

interface DurationFacts extends OptionFacts<number> {
  /** Unit of a bare number; the value itself is always in milliseconds. */
  readonly unit: 'ms' | 's';
  readonly minMs?: number;
  readonly maxMs?: number;
}

interface TextFacts extends OptionFacts<string> {
  readonly pattern?: RegExp;
  /** What the pattern demands, as in "must be …". */
  readonly form?: string;
  /** Throws BadValue for what no pattern can say. */
  readonly check?: (text: string) => unknown;
  readonly emptyIsValue?: boolean;
}

const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

function integer(facts: NumberFacts): Option<number> {
  return numeric(facts, 'integer', /^[+-]?\d{1,15}$/, 'a whole number');
}

function number(facts: NumberFacts): Option<number> {
  return numeric(facts, 'number', /^[+-]?(\d{1,15}(\.\d*)?|\.\d+)$/, 'a number');
}

function numeric(
  facts: NumberFacts,
  kind: 'integer' | 'number',
  form: RegExp,
  formText: string,
): Option<number> {
  const { min = -Infinity, max = Infinity } = facts;
  const parse = (text: string, fromFlag: boolean): number => {
    if (!form.test(text)) throw new BadValue(`must be ${formText}`);
    const given = Number(text);
    if (facts.nonPositiveIsDefault === true && given <= 0) return facts.default;
    const value = fromFlag ? given : given + (facts.environmentOffset ?? 0);
    if (value < min || value > max) throw new BadValue(rangeText(min, max, facts.unit));
    return value;
  };
  return { ...facts, kind, secret: false, emptyIsValue: false, parse, format: String };
}

function rangeText(min: number, max: number, unit = ''): string {
  const end = unit === '' ? '' : ` ${unit}`;
  if (max === Infinity) return `must be ${min}${end} or more`;
  if (min === -Infinity) return `must be ${max}${end} or less`;
  return `must be between ${min} and ${max}${end}`;
}

function text(facts: TextFacts): Option<string> {
  const parse = (given: string): string => {
    if (facts.pattern !== undefined && given !== '' && !facts.pattern.test(given)) {
      throw new BadValue(`must be ${facts.form ?? `of the form ${facts.pattern.source}`}`);
    }
    if (given !== '') facts.check?.(given);
    return given;
  };
  const emptyIsValue = facts.emptyIsValue ?? false;
  return { ...facts, kind: 'text', secret: false, emptyIsValue, parse, format: (value) => value };
}

function secret(facts: TextFacts): Option<string> {
  return { ...text(facts), secret: true };
}

function yesNo(facts: OptionFacts<boolean>): Option<boolean> {
  const parse = (given: string): boolean => {
    if (/^(y|yes|true|on|1)$/i.test(given)) return true;
    if (/^(n|no|false|off|0)$/i.test(given)) return false;
    throw new BadValue('must be Y or N');
  };
  const format = (value: boolean): string => (value ? 'Y' : 'N');
  return { ...facts, kind: 'yes or no', secret: false, emptyIsValue: false, parse, format };
}

interface ListFacts extends OptionFacts<readonly string[]> {
  /** What stands between two entries; a comma, unless entries may hold commas. */
  readonly separator?: ',' | ';';
  readonly isEntry?: (entry: string) => boolean;
  /** What `isEntry` demands, as in "which is not …". */
  readonly entryForm?: string;
}

function list(facts: ListFacts): Option<readonly string[]> {
  const { separator = ',', isEntry = () => true, entryForm = 'of its form' } = facts;
  const parse = (given: string): readonly string[] => {
    const entries = given.split(separator).map((entry) => entry.trim());
    const wrong = entries.find((entry) => entry !== '' && !isEntry(entry));
    if (wrong !== undefined) throw new BadValue(`has ${shown(wrong)}, which is not ${entryForm}`);
    // an entry that stands there twice counts once
    return [...new Set(entries)].filter((entry) => entry !== '');
  };
  const format = (value: readonly string[]): string => value.join(separator);
  return { ...facts, kind: 'list', secret: false, emptyIsValue: true, parse, format };
}

const MOST_SHOWN = 80;

/** A value as one short line, whatever characters it has. */
export function shown(value: string): string {
  if (value.length <= MOST_SHOWN) return printable(value);
  return `${printable(value.slice(0, MOST_SHOWN))}… (${value.length} characters)`;
}

function printable(value: string): string {
  // what a terminal might obey and JSON leaves as it is
  return JSON.stringify(value).replace(/[\u007f-\u009f\u2028\u2029]/g, '?');
}

function duration(facts: DurationFacts): Option<number> {
  const { minMs = 0, maxMs = 2 ** 31 - 1 } = facts;
  const parse = (given: string): number => {
    const match = /^(\d{1,12}(?:\.\d{1,3})?)(ms|s|m|h|d)?$/.exec(given);
    if (match === null) throw new BadValue('must be a time such as 500ms, 30s, 5m or 12h');
    const value = Number(match[1]) * (UNIT_MS[match[2] ?? facts.unit] ?? 1);
    if (value < minMs || value > maxMs) {
      throw new BadValue(`must be between ${formatDuration(minMs)} and ${formatDuration(maxMs)}`);
    }
    return value;
  };
  return {
    ...facts,
    kind: 'duration',
    secret: false,
    emptyIsValue: false,
    parse,
    format: formatDuration,
  };
}

function formatDuration(ms: number): string {
  for (const unit of ['d', 'h', 'm', 's']) {
    const unitMs = UNIT_MS[unit] ?? 1;
    if (ms >= unitMs && ms % unitMs === 0) return `${ms / unitMs}${unit}`;
  }
  return `${ms}ms`;
}

function choice<const C extends string>(
  facts: OptionFacts<NoInfer<C>> & {
    readonly choices: readonly C[];
    /** Other words for a choice, in lower case, e.g. those of another server. */
    readonly synonyms?: Readonly<Record<string, NoInfer<C>>>;
  },
): Option<C> {
  const parse = (given: string): C => {
    const word = given.toLowerCase();
    const found =
      facts.choices.find((entry) => entry.toLowerCase() === word) ?? facts.synonyms?.[word];
    if (found === undefined) throw new BadValue(`must be one of ${facts.choices.join(', ')}`);
    return found;
  };
  const example = facts.example ?? facts.choices.join(', ');
  return {
    ...facts,
    example,
    kind: 'choice',
    secret: false,
    emptyIsValue: false,
    parse,
    format: String,
  };
}

/**
 * Makers of options. A value of `duration` is in milliseconds, of `list` an array without empty
 * entries; `secret` is a text that is never shown and that `NAME_FILE` may deliver.
 */
export const option = { integer, number, text, secret, yesNo, list, duration, choice } as const;
