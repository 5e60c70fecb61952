import type { UserTable } from '../store/account-tables.js';
import type { DeviceStore } from '../store/device-store.js';
import type { IdentityStore } from '../store/identity-store.js';
import { type UserStore, nameKey } from '../store/user-store.js';
import { Refusal } from '../http/refusal.js';
import type { Enrolment, EnrolmentAttempt, EnrolmentOffer } from './enrolment.js';
import type { LoginGuard } from './login-guard.js';
import type { LoginDevice, LoginTokens } from './login-tokens.js';
import type { MailCodes } from './mail-codes.js';
import { verifyPassword } from './password.js';
import { hashSecret } from './secrets.js';
import type { SecondStep, SecondStepAttempt } from './second-step.js';

/** Phrases that clients translate; to be kept letter by letter. */
const WRONG_CREDENTIALS = 'Wrong credentials';
const WRONG_CODE = 'The verification code is incorrect or has expired';

/** A name and a password, and where they come from. */
export interface PasswordAttempt {
  readonly username: string;
  readonly password: string;
  readonly device: LoginDevice;
  /** What the device says of itself. */
  readonly deviceName: string;
  readonly address: string;
  /** Who asks can show how an authenticator app is set up; clients cannot. */
  readonly canEnrol: boolean;
}

/** A login is done, or waits for a code of an authenticator app, an old or a new one, or out of a mail. */
export type LoginOutcome =
  | {
      readonly user: UserTable;
      readonly token: string;
      /** Of an authenticator app that was just set up. */
      readonly recoveryCodes?: readonly string[];
    }
  | { readonly user: UserTable; readonly secret: string; readonly step: 'totp' | 'mail' }
  | {
      readonly user: UserTable;
      readonly secret: string;
      readonly step: 'enrol';
      readonly enrolment: EnrolmentOffer;
    };

/** Where passwords are kept that are not kept here. */
export interface PasswordSource {
  readonly enabled: boolean;
  /** The account of a right name and password, else undefined; throws Refusal when it is away. */
  accountOf(username: string, password: string): Promise<UserTable | undefined>;
}

/** The stores that a login looks into. */
export interface LoginStores {
  readonly users: UserStore;
  readonly devices: DeviceStore;
  readonly identities: IdentityStore;
}

/** Signing in, from the password to the token. Everything that fails throws Refusal. */
export class Login {
  constructor(
    private readonly stores: LoginStores,
    private readonly guard: LoginGuard,
    private readonly tokens: LoginTokens,
    private readonly secondStep: SecondStep,
    private readonly mailCodes: MailCodes,
    private readonly directory: PasswordSource,
    private readonly enrolment: Enrolment,
  ) {}

  /** The first step; accounts without a second one are through. */
  async withPassword(attempt: PasswordAttempt): Promise<LoginOutcome> {
    const user = await this.checkPassword(attempt);
    const { device } = attempt;
    if (user.totp_secret !== null) return this.#askApp(user, device);
    if (await this.mailCodes.needed(user, device)) {
      return { user, secret: await this.mailCodes.begin(user, attempt), step: 'mail' };
    }
    return this.#proved(user, device, attempt.canEnrol);
  }

  /** The second step. */
  async withCode(
    attempt: SecondStepAttempt & { readonly canEnrol: boolean },
  ): Promise<LoginOutcome> {
    const user = await this.secondStep.pass(attempt);
    if (user === undefined) throw new Refusal(WRONG_CODE);
    return this.#proved(user, attempt.device, attempt.canEnrol);
  }

  /** The first code of an app that the user had to set up. */
  async withEnrolment(attempt: EnrolmentAttempt): Promise<LoginOutcome> {
    const done = await this.enrolment.finish(attempt);
    if (done === undefined) throw new Refusal(WRONG_CODE);
    const { user, token } = await this.#finish(done.user, attempt.device);
    return { user, token, recoveryCodes: done.codes };
  }

  /** Somebody for whom another place has vouched; an authenticator app here still counts. */
  async withIdentity(userGuid: string, device: LoginDevice): Promise<LoginOutcome> {
    const user = await this.stores.users.byGuid(userGuid);
    if (user === undefined) throw new Refusal(WRONG_CREDENTIALS);
    this.refuseShutOut(user);
    return user.totp_secret === null ? this.#finish(user, device) : this.#askApp(user, device);
  }

  /** Ends a login that nobody has seen. */
  async takeBack(token: string): Promise<void> {
    await this.tokens.revoke(hashSecret(token));
  }

  /** The user of a name and a password, within the limits on guessing. */
  async checkPassword(
    attempt: Pick<PasswordAttempt, 'username' | 'password' | 'address'>,
  ): Promise<UserTable> {
    const account = nameKey(attempt.username);
    if (!(await this.guard.mayTryPassword(account, attempt.address))) {
      throw new Refusal('Too many failed logins, please try again later');
    }
    const user = await this.#userOf(attempt);
    if (user === undefined) throw new Refusal(WRONG_CREDENTIALS);
    await this.guard.passwordWasRight(account, attempt.address);
    this.refuseShutOut(user);
    return user;
  }

  refuseShutOut({ status }: UserTable): void {
    if (status === 0) throw new Refusal('This account is disabled');
    if (status === -1) throw new Refusal('This account has not been verified yet');
  }

  /** An account with a password of its own never depends on the directory, nor does one there on it. */
  async #userOf({
    username,
    password,
  }: Pick<PasswordAttempt, 'username' | 'password'>): Promise<UserTable | undefined> {
    const user = await this.stores.users.byName(username);
    const hash = user?.password_hash ?? null;
    if (await verifyPassword(password, hash)) return user;
    if (hash !== null || !this.directory.enabled) return undefined;
    return this.directory.accountOf(username, password);
  }

  async #askApp(user: UserTable, device: LoginDevice): Promise<LoginOutcome> {
    return { user, secret: await this.secondStep.open(user, device), step: 'totp' };
  }

  /** Everything that the account has was right; it may have to have more. */
  async #proved(user: UserTable, device: LoginDevice, canEnrol: boolean): Promise<LoginOutcome> {
    if (!this.enrolment.isDue(user)) return this.#finish(user, device);
    return { user, step: 'enrol', ...(await this.enrolment.begin(user, device, canEnrol)) };
  }

  async #finish(
    user: UserTable,
    device: LoginDevice,
  ): Promise<{ readonly user: UserTable; readonly token: string }> {
    const token = await this.tokens.issue(user, device);
    await this.stores.devices.adopt(device.id, device.uuid, user.guid);
    if (device.id !== '') {
      await this.stores.identities.rememberDevice(user.guid, device.id, device.uuid);
    }
    return { user, token };
  }
}
