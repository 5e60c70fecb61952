import { BadRequestException } from '@nestjs/common';
import type { Events, SessionChoice } from '@waystation/bus';
import {
  type ListedNetwork,
  type RelayList,
  type RelayNumber,
  type RelaySettings,
  TooManyRelaySettings,
} from '@waystation/state';
import type { SignedIn } from '../accounts/login-tokens.js';
import type { Fields } from '../http/fields.js';
import { Refusal } from '../http/refusal.js';
import type { ConsoleAudit } from './console-audit.js';
import type { SessionEnds } from './session-ends.js';

const CONFLICT = 409;
const UNAVAILABLE = 503;
/** Networks that an audit entry names. */
const NAMED = 5;

interface Unit {
  readonly number: RelayNumber;
  /** From the unit that operators use to the one that relays use. */
  readonly factor: number;
  readonly most: number;
}

const MBIT = { factor: 1, most: 1_000_000 } as const;

/** The bandwidth numbers by the names that settings have (protocol 7.6): Mbit/s, a share, seconds. */
export const bandwidthFields = {
  single_bandwidth: { number: 'singleBandwidthMbit', ...MBIT },
  total_bandwidth: { number: 'totalBandwidthMbit', ...MBIT },
  limit_speed: { number: 'limitSpeedMbit', ...MBIT },
  downgrade_threshold: { number: 'downgradeThreshold', factor: 1, most: 100 },
  downgrade_start_check: { number: 'downgradeStartCheckMs', factor: 1000, most: 31_536_000 },
} as const satisfies Record<string, Unit>;

const units: readonly (readonly [string, Unit])[] = Object.entries(bandwidthFields);

/** What operators tell relays. Everything refused throws Refusal or BadRequestException. */
export class RelayAdmin {
  constructor(
    private readonly settings: RelaySettings,
    private readonly events: Events,
    private readonly sessions: SessionEnds,
    private readonly audit: ConsoleAudit,
  ) {}

  async show(): Promise<object> {
    const { blocklist, blacklist, numbers } = await asked(() => this.settings.read());
    const bandwidth = units.map(([name, { number, factor }]) => {
      const value = numbers[number];
      return [name, value === undefined ? null : value / factor];
    });
    return {
      blocklist: blocklist.map(view),
      blacklist: blacklist.map(view),
      bandwidth: Object.fromEntries(bandwidth) as object,
    };
  }

  async list(
    operator: SignedIn,
    list: RelayList,
    networks: readonly string[],
    note: string,
  ): Promise<void> {
    const by = { note, operator: operator.user.name };
    await this.#change(() => this.settings.list(list, networks, by));
    await this.audit.note(operator, 'relay', 'listNetworks', subject(list, networks));
  }

  async unlist(operator: SignedIn, list: RelayList, networks: readonly string[]): Promise<void> {
    await this.#change(() => this.settings.unlist(list, networks));
    await this.audit.note(operator, 'relay', 'unlistNetworks', subject(list, networks));
  }

  async setBandwidth(operator: SignedIn, fields: Fields): Promise<void> {
    const given = units.filter(([name]) => fields[name] !== undefined);
    if (given.length === 0) throw new BadRequestException('No bandwidth is named');
    const numbers = given.map(([name, unit]) => [unit.number, numberOf(name, unit, fields[name])]);
    await this.#change(() => this.settings.setNumbers(Object.fromEntries(numbers) as object));
    const told = given.map(([name]) => `${name}=${String(fields[name])}`);
    await this.audit.note(operator, 'relay', 'changeBandwidth', told.join(' '));
  }

  async close(operator: SignedIn, choice: SessionChoice): Promise<void> {
    const reason = `closed by ${operator.user.name}`;
    await asked(() => this.sessions.close(choice, reason));
    await this.audit.note(operator, 'relay', 'closeSessions', JSON.stringify(choice));
  }

  async #change(change: () => Promise<void>): Promise<void> {
    await asked(change);
    try {
      await this.events.emit('relaySettingsChanged', {});
    } catch {
      // It is stored, and relays look for themselves every few seconds.
    }
  }
}

async function asked<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof TooManyRelaySettings) throw new Refusal(error.message, CONFLICT);
    throw new Refusal('Redis does not answer; nothing was changed', UNAVAILABLE);
  }
}

function numberOf(name: string, { factor, most }: Unit, value: unknown): number | null {
  if (value === null) return null;
  if (typeof value === 'number' && value > 0 && value <= most) return value * factor;
  throw new BadRequestException(`${name} is a number above 0, at most ${most}, or null`);
}

function subject(list: RelayList, networks: readonly string[]): string {
  const more = networks.length - NAMED;
  const named = networks.slice(0, NAMED).join(' ');
  return `${list}: ${named}${more > 0 ? ` and ${more} more` : ''}`;
}

function view({ network, note, operator, since }: ListedNetwork): object {
  return { network, note, operator, created_at: since };
}
