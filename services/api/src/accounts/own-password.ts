import type { UserStore } from '../store/user-store.js';
import { Refusal } from '../http/refusal.js';
import type { Login } from './login.js';
import type { LoginTokens, SignedIn } from './login-tokens.js';
import { MAX_PASSWORD_CHARS, hashPassword } from './password.js';

const MIN_CHARS = 8;
const BAD_REQUEST = 400;

/** Changing one's own password. */
export class OwnPassword {
  constructor(
    private readonly logins: Login,
    private readonly users: UserStore,
    private readonly tokens: LoginTokens,
  ) {}

  /** Asks for the old one, within the limits on guessing; every other login of the user ends. */
  async change(caller: SignedIn, old: string, next: string, address: string): Promise<void> {
    if (next.length < MIN_CHARS || next.length > MAX_PASSWORD_CHARS) {
      const range = `${MIN_CHARS} to ${MAX_PASSWORD_CHARS}`;
      throw new Refusal(`A password has ${range} characters`, BAD_REQUEST);
    }
    const { user } = caller;
    if (user.password_hash === null) {
      throw new Refusal('Your password is kept elsewhere and is changed there', BAD_REQUEST);
    }
    await this.logins.checkPassword({ username: user.name, password: old, address });
    await this.users.update(user.guid, {
      password_hash: await hashPassword(next),
      password_given: 0,
    });
    await this.tokens.revokeOthers(caller);
  }
}
