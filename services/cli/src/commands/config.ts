import { sourcedSettings, serviceSettings, type SourcedSetting } from '@waystation/config';
import { maskText } from '@waystation/ops';
import { configString, windowsName } from '@waystation/wire';
import type { Arguments } from '../arguments.js';
import type { Command } from '../command.js';
import { Failure } from '../failure.js';
import { columns, say } from '../output.js';
import { clientKey } from '../server-key-file.js';
import { readAllSettings, type AllSettings } from '../settings.js';

const DEFAULT_PORTS = { rendezvous: 21116, relay: 21117 } as const;

export const configCommands: readonly Command[] = [
  {
    name: 'config check',
    usage: '',
    meaning: 'tell every fault in the settings of all services',
    flags: {},
    mostWords: 0,
    run: () => {
      readAllSettings();
      say('The settings of all services are fine.');
      return 0;
    },
  },
  {
    name: 'config print',
    usage: '[--changed]',
    meaning: 'show the settings in effect and where each comes from; secrets are masked',
    flags: { changed: false },
    mostWords: 0,
    run: (given) => {
      for (const line of settingLines(given.has('changed'))) say(line);
      return 0;
    },
  },
  {
    name: 'config string',
    usage: '[--host NAME] [--relay HOST:PORT] [--api URL]',
    meaning: 'make the text and the file name by which clients learn this server',
    flags: { host: true, relay: true, api: true },
    mostWords: 0,
    run: printClientConfig,
  },
];

/** One line for each setting; a setting of several services once, with the same value. */
function settingLines(changedOnly: boolean): string[] {
  const rows = new Map<string, string[]>();
  for (const declared of serviceSettings) {
    for (const setting of sourcedSettings(declared, { argv: [] }).settings) {
      if (changedOnly && setting.source === 'default') continue;
      const { name } = setting.option;
      const row = [name, shown(setting), setting.source];
      const key = row.join('\n');
      rows.set(key, [...row, [rows.get(key)?.[3], declared.service].filter(Boolean).join(', ')]);
    }
  }
  return columns([['SETTING', 'VALUE', 'FROM', 'READ BY'], ...rows.values()]);
}

function shown({ option, value }: SourcedSetting): string {
  const text = option.format(value as never);
  if (text === '') return '(empty)';
  // an address may be shown without its password; "-" for the key file is no secret
  if (!option.secret || text === '-') return text;
  return text.includes('://') ? maskText(text) : '***';
}

async function printClientConfig(given: Arguments): Promise<number> {
  const settings = readAllSettings();
  const name = given.text('host') ?? settings.rendezvous.host;
  if (name === '') {
    throw new Failure('Clients need a name: set WAYSTATION_HOST or give --host NAME.');
  }
  const key = await clientKey(settings);
  if (key === undefined) {
    throw new Failure(`There is no key in ${settings.registry.keyDir} yet; start the server once.`);
  }
  const server = { ...addresses(settings, name, given), key };
  const rows = Object.entries(server).map(([field, value]) => [field, value || '(left out)']);
  for (const line of columns(rows)) say(line);
  say(`\nConfig string:\n${configString(server)}`);
  say(`\nExecutable name:\n${windowsName(server)}`);
  return 0;
}

/** Ports are named only where clients would look at another one. */
function addresses({ rendezvous, relay, api }: AllSettings, name: string, given: Arguments) {
  const host = name.includes(':') && !name.startsWith('[') ? `[${name}]` : name;
  const usual = rendezvous.port === DEFAULT_PORTS.rendezvous && relay.port === DEFAULT_PORTS.relay;
  return {
    host: rendezvous.port === DEFAULT_PORTS.rendezvous ? name : `${host}:${rendezvous.port}`,
    relay: given.text('relay') ?? (usual ? '' : `${host}:${relay.port}`),
    api: given.text('api') ?? `http://${host}:${api.port}${api.basePath}`,
  };
}
