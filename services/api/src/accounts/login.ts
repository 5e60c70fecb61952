import type { UserTable } from '../store/account-tables.js';
import type { DeviceStore } from '../store/device-store.js';
import { type UserStore, nameKey } from '../store/user-store.js';
import { Refusal } from '../http/refusal.js';
import type { LoginGuard } from './login-guard.js';
import type { LoginDevice, LoginTokens } from './login-tokens.js';
import { verifyPassword } from './password.js';
import type { SecondStep, SecondStepAttempt } from './second-step.js';

/** Phrases that clients translate; to be kept letter by letter. */
const WRONG_CREDENTIALS = 'Wrong credentials';
const WRONG_CODE = 'The verification code is incorrect or has expired';

/** A name and a password, and where they come from. */
export interface PasswordAttempt {
  readonly username: string;
  readonly password: string;
  readonly device: LoginDevice;
  readonly address: string;
}

/** A login is done, or waits for the code of an authenticator app. */
export type LoginOutcome =
  | { readonly user: UserTable; readonly token: string }
  | { readonly user: UserTable; readonly secret: string };

/** Signing in, from the password to the token. Everything that fails throws Refusal. */
export class Login {
  constructor(
    private readonly users: UserStore,
    private readonly guard: LoginGuard,
    private readonly tokens: LoginTokens,
    private readonly secondStep: SecondStep,
    private readonly devices: DeviceStore,
  ) {}

  /** The first step; accounts without a second one are through. */
  async withPassword(attempt: PasswordAttempt): Promise<LoginOutcome> {
    const user = await this.checkPassword(attempt);
    if (user.totp_secret === null) return this.#finish(user, attempt.device);
    return { user, secret: await this.secondStep.open(user, attempt.device) };
  }

  /** The second step. */
  async withCode(attempt: SecondStepAttempt): Promise<LoginOutcome> {
    const user = await this.secondStep.pass(attempt);
    if (user === undefined) throw new Refusal(WRONG_CODE);
    return this.#finish(user, attempt.device);
  }

  /** The user of a name and a password, within the limits on guessing. */
  async checkPassword(attempt: Omit<PasswordAttempt, 'device'>): Promise<UserTable> {
    const account = nameKey(attempt.username);
    if (!(await this.guard.mayTryPassword(account, attempt.address))) {
      throw new Refusal('Too many failed logins, please try again later');
    }
    const user = await this.users.byName(attempt.username);
    const right = await verifyPassword(attempt.password, user?.password_hash ?? null);
    if (!right || user === undefined) throw new Refusal(WRONG_CREDENTIALS);
    await this.guard.passwordWasRight(account, attempt.address);
    if (user.status === 0) throw new Refusal('This account is disabled');
    if (user.status === -1) throw new Refusal('This account has not been verified yet');
    return user;
  }

  async #finish(user: UserTable, device: LoginDevice): Promise<LoginOutcome> {
    const token = await this.tokens.issue(user, device);
    await this.devices.adopt(device.id, device.uuid, user.guid);
    return { user, token };
  }
}
