import type { OnModuleDestroy, OnModuleInit } from '@nestjs/common';
import { type Log, reasonOf } from '@waystation/ops';
import type { LoginTokens } from '../accounts/login-tokens.js';
import type { SessionEnds } from '../admin/session-ends.js';
import type { UserTable } from '../store/account-tables.js';
import type { IdentityStore } from '../store/identity-store.js';
import type { Directory } from './directory.js';

/** Users read at once. */
const PORTION = 100;
/** After a directory that could not be asked, for whoever was not asked about. */
const RETRY_MS = 60_000;

/**
 * Asks the directory again about everybody from there who is logged in, and ends the logins and
 * sessions of those whom it would not let in today. Every replica asks: doing it twice does no harm.
 * While the directory is away nobody is logged out; the round goes on where it stopped.
 */
export class DirectoryWatch implements OnModuleInit, OnModuleDestroy {
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<unknown> = Promise.resolve();
  #isOver = false;
  /** Guid of the last user of this round. */
  #asked = '';

  constructor(
    private readonly directory: Directory,
    private readonly identities: IdentityStore,
    private readonly logins: LoginTokens,
    private readonly sessions: SessionEnds,
    private readonly settings: { readonly ldapRecheckMs: number },
    private readonly log: Log,
  ) {}

  onModuleInit(): void {
    if (this.directory.enabled) this.#schedule(this.settings.ldapRecheckMs);
  }

  async onModuleDestroy(): Promise<void> {
    this.#isOver = true;
    clearTimeout(this.#timer);
    await this.#running;
  }

  #schedule(afterMs: number): void {
    if (this.#isOver) return;
    const round = (): void => void (this.#running = this.#round().then((ms) => this.#schedule(ms)));
    this.#timer = setTimeout(round, afterMs).unref();
  }

  /** Never rejects; how long to wait until the next one, in milliseconds. */
  async #round(): Promise<number> {
    const { ldapRecheckMs } = this.settings;
    try {
      for (;;) {
        const users = await this.identities.loggedInFrom('ldap', this.#asked, PORTION);
        for (const user of users) {
          if (this.#isOver) return ldapRecheckMs;
          await this.#ask(user);
          this.#asked = user.guid;
        }
        if (users.length < PORTION) break;
      }
      this.#asked = '';
      return ldapRecheckMs;
    } catch (error) {
      const reason = reasonOf(error);
      this.log.warn('could not ask the directory about users who are logged in', { error: reason });
      return Math.min(RETRY_MS, ldapRecheckMs);
    }
  }

  async #ask(user: UserTable & { readonly subject: string }): Promise<void> {
    if ((await this.directory.standing(user.subject)) !== undefined) return;
    await this.logins.revokeAllOf([user.guid]);
    await this.directory.lost(user);
    await this.sessions.ofUser(user.guid, 'the directory does not let the user in any more');
    this.log.info('a user is logged out: the directory would not let him in any more', {
      user: user.name,
    });
  }
}
