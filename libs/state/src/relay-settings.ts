import { randomUUID } from 'node:crypto';
import { formatNetwork, parseNetwork } from '@waystation/wire';
import type { Redis } from 'ioredis';
import { jsonObject } from './json-object.js';
import { keys } from './keys.js';
import { Script } from './lua.js';

const change = new Script('change-relay-settings-1');

/** Every relay looks at all of them for every client, and reads them all after each change. */
export const MOST_RELAY_SETTINGS = 10_000;

/** `blacklist` slows sessions down, `blocklist` refuses them (protocol 7.7). */
export const relayLists = ['blacklist', 'blocklist'] as const;
export type RelayList = (typeof relayLists)[number];

/** Numbers that stand above every relay's own settings of the same name (protocol 7.6). */
const relayNumbers = [
  'singleBandwidthMbit',
  'totalBandwidthMbit',
  'limitSpeedMbit',
  'downgradeThreshold',
  'downgradeStartCheckMs',
] as const;
export type RelayNumber = (typeof relayNumbers)[number];
export type RelayNumbers = Readonly<Partial<Record<RelayNumber, number>>>;

/** An entry of a list. */
export interface ListedNetwork {
  /** As formatNetwork spells it. */
  readonly network: string;
  readonly note: string;
  /** Who has put it there. */
  readonly operator: string;
  /** Milliseconds since 1970. */
  readonly since: number;
}

/** What operators have told all relays. */
export interface RelayFacts extends Readonly<Record<RelayList, readonly ListedNetwork[]>> {
  /** Another one after every change. */
  readonly revision: string;
  readonly numbers: RelayNumbers;
}

/** More than MOST_RELAY_SETTINGS would have been stored; nothing was changed. */
export class TooManyRelaySettings extends Error {
  override readonly name = 'TooManyRelaySettings';
}

/**
 * Lists and limits for all relays, changed while they run. They outlive every restart of a relay; whoever
 * changes them tells it by the event `relaySettingsChanged`. Everything rejects when Redis cannot be asked.
 */
export class RelaySettings {
  readonly #redis: Redis;

  constructor(redis: Redis) {
    this.#redis = redis;
  }

  /** Tells a change without reading everything. */
  async revision(): Promise<string> {
    return (await this.#redis.hget(keys.relaySettings, 'revision')) ?? '';
  }

  async read(): Promise<RelayFacts> {
    const fields = await this.#redis.hgetall(keys.relaySettings);
    return {
      revision: fields['revision'] ?? '',
      blacklist: listOf('blacklist', fields),
      blocklist: listOf('blocklist', fields),
      numbers: numbersOf(fields),
    };
  }

  /** Puts networks on a list, each in its one spelling; one that is there gets the new note. */
  async list(
    list: RelayList,
    networks: readonly string[],
    { note, operator }: { readonly note: string; readonly operator: string },
  ): Promise<void> {
    const value = JSON.stringify({ note, operator, since: Date.now() });
    await this.#change(networks.map((network) => [`${list} ${network}`, value]));
  }

  /** Takes networks off a list; those that are not there do not matter. */
  async unlist(list: RelayList, networks: readonly string[]): Promise<void> {
    await this.#change(networks.map((network) => [`${list} ${network}`, '']));
  }

  /** Sets numbers; null gives a number back to every relay's own settings. */
  async setNumbers(numbers: Readonly<Partial<Record<RelayNumber, number | null>>>): Promise<void> {
    const pairs = Object.entries(numbers).map(([name, value]): [string, string] => [
      `number ${name}`,
      value === null ? '' : String(value),
    ]);
    await this.#change(pairs);
  }

  async #change(pairs: readonly (readonly [string, string])[]): Promise<void> {
    if (pairs.length === 0) return;
    const values = [randomUUID(), MOST_RELAY_SETTINGS, ...pairs.flat()];
    const done = await change.run(this.#redis, [keys.relaySettings], values);
    if (done !== 1) throw new TooManyRelaySettings(`at most ${MOST_RELAY_SETTINGS} entries`);
  }
}

function listOf(list: RelayList, fields: Readonly<Record<string, string>>): ListedNetwork[] {
  const entries: ListedNetwork[] = [];
  for (const [field, value] of Object.entries(fields)) {
    const [kind, text = ''] = field.split(' ');
    const network = kind === list ? parseNetwork(text) : undefined;
    if (network !== undefined) entries.push({ network: formatNetwork(network), ...about(value) });
  }
  return entries.sort((a, b) => a.since - b.since);
}

/** Of an entry that was written by hand nothing is known; it counts all the same. */
function about(value: string): Omit<ListedNetwork, 'network'> {
  const { note, operator, since } = jsonObject(value) ?? {};
  return {
    note: typeof note === 'string' ? note : '',
    operator: typeof operator === 'string' ? operator : '',
    since: typeof since === 'number' ? since : 0,
  };
}

function numbersOf(fields: Readonly<Record<string, string>>): RelayNumbers {
  const known = relayNumbers
    .map((name) => [name, Number(fields[`number ${name}`] ?? NaN)] as const)
    .filter(([, value]) => Number.isFinite(value) && value >= 0);
  return Object.fromEntries(known);
}
