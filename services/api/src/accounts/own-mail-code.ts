import type { UserTable } from '../store/account-tables.js';
import type { UserStore } from '../store/user-store.js';
import { Refusal } from '../http/refusal.js';
import type { Login } from './login.js';
import type { Mailer } from './mail-codes.js';

const BAD_REQUEST = 400;

/** Switching codes by e-mail on and off for oneself. Everything refused throws Refusal. */
export class OwnMailCode {
  constructor(
    private readonly mailer: Mailer,
    private readonly logins: Login,
    private readonly users: UserStore,
  ) {}

  /** Off takes the password, so that a stolen login alone does not weaken the account. */
  async choose(user: UserTable, on: boolean, password: string, address: string): Promise<void> {
    if (on && (!this.mailer.enabled || user.email === '')) {
      throw new Refusal('That takes a mail server and an e-mail address', BAD_REQUEST);
    }
    if (!on) await this.logins.checkPassword({ username: user.name, password, address });
    await this.users.update(user.guid, { mail_code: on ? 1 : 0 });
  }
}
