import { readFileSync } from 'node:fs';
import { allOptionNames, type AnySettings } from './all.js';
import { BadValue, ConfigError } from './config-error.js';
import { readEnvFile } from './env-file.js';
import { readFlags } from './flags.js';
import { shown } from './option.js';
import { PREFIX, canonicalName, namesOf, nearest } from './names.js';
import type { AnyOption, Options, Settings, Values } from './settings.js';

/** Where settings come from; the process's own when left out. */
export interface Sources {
  /** Without the program's own name. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The folder whose `.env` is read. */
  readonly cwd: string;
}

/** One setting as it is in effect. */
export interface SourcedSetting {
  readonly option: AnyOption;
  readonly value: unknown;
  /** Where the value comes from: `default`, `environment`, `.env`, `command line` or a file's path. */
  readonly source: string;
}

interface Layer {
  /** As in "in .env"; empty for the inherited environment. */
  readonly where: string;
  readonly values: ReadonlyMap<string, string>;
}

/**
 * Reads a service's settings: a flag wins over the file given with `--config`, that over `.env` in
 * the working directory, that over the inherited environment. Names ignore case, `-` is `_`, and
 * each may carry the prefix `WAYSTATION_`. Returns a frozen object; throws ConfigError with every
 * fault at once.
 */
export function readConfig<const O extends Options>(
  declared: Settings<O>,
  sources: Partial<Sources> = {},
): Values<O> {
  const { settings, faults } = sourcedSettings(declared, sources);
  if (faults.length > 0) throw new ConfigError(faults);
  const values = Object.fromEntries(settings.map(({ key, value }) => [key, value]));
  const config = Object.freeze(values) as Values<O>;
  const together = declared.check?.(config) ?? [];
  if (together.length > 0) throw new ConfigError(together);
  return config;
}

/**
 * What readConfig would deliver, setting by setting with its source; settings that are wrong have
 * their defaults and a sentence each in `faults`. Does not run the service's own check.
 */
export function sourcedSettings(
  declared: AnySettings,
  sources: Partial<Sources> = {},
): { settings: (SourcedSetting & { key: string })[]; faults: string[] } {
  const { argv = process.argv.slice(2), env = process.env, cwd = process.cwd() } = sources;
  const options = Object.values(declared.options);
  const flags = readFlags(argv, options);
  const faults = [...flags.faults];
  const layers = readLayers(flags.configFile, env, cwd, faults);
  faults.push(...unknownNames(layers, options));
  const settings = Object.entries(declared.options).map(([key, option]) => ({
    key,
    option,
    ...effective(option, flags.values.get(option), layers, faults),
  }));
  return { settings, faults };
}

function readLayers(
  configFile: string | undefined,
  env: Sources['env'],
  cwd: string,
  faults: string[],
): Layer[] {
  const layers: Layer[] = [];
  const addFile = (path: string, where: string, mustExist: boolean): void => {
    try {
      layers.push({ where, values: canonical(readEnvFile(path, mustExist)) });
    } catch (error) {
      faults.push(`${error instanceof Error ? error.message : String(error)}.`);
    }
  };
  if (configFile !== undefined) addFile(configFile, ` in ${configFile}`, true);
  addFile(`${cwd}/.env`, ' in .env', false);
  layers.push({ where: '', values: canonical(Object.entries(env)) });
  return layers;
}

/** Several spellings of one name: upstream looks for upper case first, dashes before underscores. */
function canonical(entries: Iterable<[string, string | undefined]>): Map<string, string> {
  const ranked = [...entries].sort(([a], [b]) => rank(a) - rank(b));
  const values = new Map<string, string>();
  for (const [name, value] of ranked) {
    const key = canonicalName(name);
    if (value !== undefined && !values.has(key)) values.set(key, value);
  }
  return values;
}

function rank(name: string): number {
  const spellings = [canonicalName(name).replaceAll('_', '-'), canonicalName(name)];
  const order = [...spellings, ...spellings.map((spelling) => spelling.toLowerCase())];
  const found = order.indexOf(name);
  return found < 0 ? order.length : found;
}

function effective(
  option: AnyOption,
  flag: string | undefined,
  layers: readonly Layer[],
  faults: string[],
): { value: unknown; source: string } {
  if (flag !== undefined) {
    const value = parsed(option, flag, ' on the command line', true, faults);
    return { value, source: 'command line' };
  }
  for (const layer of layers) {
    for (const name of namesOf(option)) {
      const direct = layer.values.get(name);
      const unset = direct === undefined || (direct === '' && !option.emptyIsValue);
      const text = unset ? fileText(option, name, layer, faults) : direct;
      if (text === undefined) continue;
      const value = parsed(option, text, layer.where, false, faults);
      return { value, source: layer.where.replace(/^ in /, '') || 'environment' };
    }
  }
  return { value: option.default, source: 'default' };
}

/** A secret's `NAME_FILE`: the file's text without white space at its ends. */
function fileText(
  option: AnyOption,
  name: string,
  layer: Layer,
  faults: string[],
): string | undefined {
  const path = option.secret ? layer.values.get(`${name}_FILE`) : undefined;
  if (path === undefined || path === '') return undefined;
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    faults.push(`${name}_FILE${layer.where} names ${path}, which cannot be read.`);
    return undefined;
  }
}

function parsed(
  option: AnyOption,
  text: string,
  where: string,
  fromFlag: boolean,
  faults: string[],
): unknown {
  try {
    return option.parse(text.trim(), fromFlag);
  } catch (error) {
    if (!(error instanceof BadValue)) throw error;
    const is = option.secret ? '' : ` is ${shown(text)} but`;
    const example = option.example ?? option.format(option.default as never);
    const hint = example === '' ? '' : `, for example ${option.name}=${example}`;
    faults.push(`${option.name}${where}${is} ${error.message}${hint}.`);
    return option.default;
  }
}

/**
 * A prefixed name nobody knows is a slip. In our own files an unprefixed one is too, if it is
 * nearly one of ours; others (Compose's, a shell's) may stand there as well.
 */
function unknownNames(layers: readonly Layer[], own: readonly AnyOption[]): string[] {
  const known = new Set([...allOptionNames(), ...own.flatMap(allNames)]);
  const faults: string[] = [];
  for (const { where, values } of layers) {
    for (const name of values.keys()) {
      if (known.has(name)) continue;
      const ours = name.startsWith(PREFIX);
      if (!ours && where === '') continue;
      const near = nearest(name, known, ours ? undefined : 2);
      if (!ours && (near === undefined || name.length < 5)) continue;
      const hint = near === undefined ? '' : `; did you mean ${near}?`;
      faults.push(`${name}${where} is no setting of any service${hint === '' ? '.' : hint}`);
    }
  }
  return faults;
}

function allNames(option: AnyOption): string[] {
  const names = namesOf(option);
  return option.secret ? [...names, ...names.map((name) => `${name}_FILE`)] : names;
}
