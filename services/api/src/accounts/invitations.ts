import { type Log, reasonOf } from '@waystation/ops';
import type { UserTable } from '../store/account-tables.js';
import type { InvitationStore } from '../store/invitation-store.js';
import { Refusal } from '../http/refusal.js';
import type { PublicUrls } from '../sign-in/public-urls.js';
import type { Mailer } from './mail-codes.js';
import { hashSecret, newSecret } from './secrets.js';

/** Long enough for a weekend, short enough for a mail that somebody else finds. */
const LIFETIME_MS = 3 * 86_400_000;
const HOUR_MS = 3_600_000;
const NOT_FOUND = 404;
const CONFLICT = 409;
const PREFIX = 'i_';

/** What became of an invitation: mailed, or a link that the operator hands over himself. */
export interface Invited {
  readonly mailed: boolean;
  /** Only when it was not mailed; nobody can ask for it again. */
  readonly link?: string;
  /** Why it was not mailed, when there is a mail server. */
  readonly reason?: string;
  /** In milliseconds since 1970. */
  readonly expires_at: number;
}

/** Accounts that wait until their user chooses a password with a link that works once. */
export class Invitations {
  constructor(
    private readonly store: InvitationStore,
    private readonly mailer: Mailer,
    private readonly urls: PublicUrls,
    private readonly log: Log,
  ) {}

  /** Makes a new link; an older one ends. `address` is where the operator has the console. */
  async invite(user: UserTable, address: string): Promise<Invited> {
    if (user.status !== -1)
      throw new Refusal('This user does not wait for an invitation', CONFLICT);
    const token = newSecret(PREFIX);
    const expires_at = Date.now() + LIFETIME_MS;
    await this.store.put({ user_guid: user.guid, hash: hashSecret(token), expires_at });
    const link = `${this.#base(address)}/#/invitation?token=${token}`;
    if (!this.mailer.enabled || user.email === '') return { mailed: false, link, expires_at };
    const reason = await this.#mail(user, link);
    return reason === ''
      ? { mailed: true, expires_at }
      : { mailed: false, link, reason, expires_at };
  }

  /** Whose invitation it is. Throws Refusal when it is over. */
  async look(token: string): Promise<UserTable> {
    const user = await this.store.invited(hashSecret(token), Date.now());
    if (user === undefined) throw new Refusal('This invitation is unknown or over', NOT_FOUND);
    return user;
  }

  /** The user has chosen a password and may sign in. Throws Refusal when somebody was first. */
  async accept(token: string, user: UserTable, passwordHash: string): Promise<void> {
    if (await this.store.accept(hashSecret(token), user.guid, passwordHash)) return;
    throw new Refusal('This invitation is unknown or over', NOT_FOUND);
  }

  /** Named addresses win; without any, the one at which the operator has the console is as good. */
  #base(address: string): string {
    const known = this.urls.known(address);
    if (known !== undefined || this.urls.areNamed) return known ?? this.urls.usual;
    return isWebAddress(address) ? address.replace(/\/+$/, '') : this.urls.usual;
  }

  /** Why it could not be mailed; empty when it was. */
  async #mail(user: UserTable, link: string): Promise<string> {
    try {
      await this.mailer.send({
        to: user.email,
        subject: 'Your account',
        text: letter(user, link),
      });
      return '';
    } catch (error) {
      const reason = reasonOf(error);
      this.log.warn('an invitation could not be mailed', { error: reason });
      return reason;
    }
  }
}

function isWebAddress(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, search, hash, username } = new URL(text);
  return ['http:', 'https:'].includes(protocol) && search + hash + username === '';
}

function letter(user: UserTable, link: string): string {
  const days = LIFETIME_MS / HOUR_MS / 24;
  return [
    `An account was made for you: ${user.name}.`,
    `Choose a password here within ${days} days; the link works once:`,
    '',
    link,
    '',
    'If you do not expect this, do nothing.',
    '',
  ].join('\n');
}
