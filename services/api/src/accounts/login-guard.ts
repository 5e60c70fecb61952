import { limiterKey } from '@waystation/wire';
import type { LoginGuardTable } from '../store/account-tables.js';
import type { AlarmStore } from '../store/alarm-store.js';
import type { GuardStore } from '../store/guard-store.js';

interface Limits {
  readonly perMinute: number;
  readonly perHour: number;
  /** This many failures without a success between them shut the subject out for ROW_BLOCK_MS. */
  readonly inARow: number;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const ROW_BLOCK_MS = 5 * MINUTE_MS;

/**
 * Strict for one account from one address, wider for the account as a whole, so that a stranger
 * cannot shut its owner out with a handful of tries, and wider for an address that many share.
 */
const LIMITS = {
  pair: { perMinute: 6, perHour: 60, inARow: 30 },
  account: { perMinute: 30, perHour: 120, inARow: 60 },
  address: { perMinute: 120, perHour: 600, inARow: 600 },
  code: { perMinute: 10, perHour: 30, inARow: 30 },
  mail: { perMinute: 3, perHour: 12, inARow: 30 },
} as const satisfies Record<string, Limits>;

/** Alarm kinds that the protocol keeps for login accounts. */
const ALARM_IN_A_ROW = 3;
const ALARM_PER_MINUTE = 4;
const ALARM_PER_HOUR = 5;

interface Verdict {
  readonly allowed: boolean;
  /** Each limit raises its alarm once per window. */
  readonly alarms: readonly number[];
}

/**
 * Limits on guessing. Every attempt is counted before its secret is looked at, so that attempts
 * sent all at once do not slip through together; a success takes the counts back.
 */
export class LoginGuard {
  constructor(
    private readonly guards: GuardStore,
    private readonly alarms: AlarmStore,
  ) {}

  /** Counts an attempt to sign in with a password and says whether it may be looked at. */
  async mayTryPassword(account: string, address: string): Promise<boolean> {
    const verdicts = [
      await this.#count(pair(account, address), LIMITS.pair),
      await this.#count(`account ${account}`, LIMITS.account),
      await this.#count(`address ${limiterKey(address)}`, LIMITS.address),
    ];
    for (const kind of new Set(verdicts.flatMap((verdict) => verdict.alarms))) {
      await this.alarms.addForAccount(kind, account, address);
    }
    return verdicts.every((verdict) => verdict.allowed);
  }

  /** The password was right: the attempt is taken back, what the address did else still counts. */
  async passwordWasRight(account: string, address: string): Promise<void> {
    await this.guards.clear([pair(account, address), `account ${account}`]);
    await this.guards.takeBack(`address ${limiterKey(address)}`);
  }

  /** Counts an attempt at a second step, whichever login it belongs to. */
  async mayTryCode(userGuid: string): Promise<boolean> {
    return (await this.#count(`code ${userGuid}`, LIMITS.code)).allowed;
  }

  /** Counts a mail to the user and says whether it may be sent. */
  async mayMail(userGuid: string): Promise<boolean> {
    return (await this.#count(`mail ${userGuid}`, LIMITS.mail)).allowed;
  }

  async codeWasRight(userGuid: string): Promise<void> {
    await this.guards.clear([`code ${userGuid}`]);
  }

  async #count(subject: string, limits: Limits): Promise<Verdict> {
    const now = Date.now();
    const minute = Math.floor(now / MINUTE_MS);
    const hour = Math.floor(now / HOUR_MS);
    const counts = await this.guards.count(subject, minute, hour);
    if (counts.blocked_until > now) return { allowed: false, alarms: [] };
    if (counts.failures % limits.inARow === 0) {
      await this.guards.block(subject, now + ROW_BLOCK_MS);
    }
    return {
      allowed: counts.minute_failures <= limits.perMinute && counts.hour_failures <= limits.perHour,
      alarms: alarmsOf(counts, limits),
    };
  }
}

function pair(account: string, address: string): string {
  return `pair ${limiterKey(address)} ${account}`;
}

function alarmsOf(counts: LoginGuardTable, limits: Limits): number[] {
  const alarms: number[] = [];
  if (counts.failures % limits.inARow === 0) alarms.push(ALARM_IN_A_ROW);
  if (counts.minute_failures === limits.perMinute + 1) alarms.push(ALARM_PER_MINUTE);
  if (counts.hour_failures === limits.perHour + 1) alarms.push(ALARM_PER_HOUR);
  return alarms;
}
