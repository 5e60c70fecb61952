import { timingSafeEqual } from 'node:crypto';
import type { LoginChallengeTable, UserTable } from '../store/account-tables.js';
import type { ChallengeStore } from '../store/challenge-store.js';
import type { UserStore } from '../store/user-store.js';
import type { Vault } from '../store/vault.js';
import type { LoginGuard } from './login-guard.js';
import type { LoginDevice } from './login-tokens.js';
import { hashSecret, newSecret } from './secrets.js';
import { matchTotp } from './totp.js';

const CHALLENGE_MS = 5 * 60_000;
const TRIES = 5;

/** What a client sends as its second step. */
export interface SecondStepAttempt {
  readonly secret: string;
  readonly code: string;
  /** The client says that the code is an authenticator's. */
  readonly fromApp: boolean;
  /** The client says that the code was mailed to it; the newest ones say neither. */
  readonly mailed: boolean;
  /** May be missing; if not, it must be the user's. */
  readonly username: string;
  readonly device: LoginDevice;
}

/** The second step of a login: a short-lived challenge for one user on one device. */
export class SecondStep {
  constructor(
    private readonly challenges: ChallengeStore,
    private readonly users: UserStore,
    private readonly guard: LoginGuard,
    private readonly vault: Vault,
  ) {}

  /** Opens a challenge for an authenticator code; returns the secret that the client sends back. */
  open(user: UserTable, device: LoginDevice): Promise<string> {
    return this.#open(user, device, 'totp', () => '');
  }

  /** The same for a code that is mailed. The stored hash is of no use without the client's secret. */
  openMailed(user: UserTable, device: LoginDevice, code: string): Promise<string> {
    return this.#open(user, device, 'email', (secret) => mailedHash(secret, code));
  }

  /** The same for an authenticator app that has still to be set up. */
  openEnrolment(user: UserTable, device: LoginDevice): Promise<string> {
    return this.#open(user, device, 'enrol', () => '');
  }

  /** Who sets an app up, if challenge and device are right; takes one try. */
  async enrolling(
    attempt: Pick<SecondStepAttempt, 'secret' | 'device'>,
  ): Promise<UserTable | undefined> {
    const challenge = await this.challenges.tryOnce(hashSecret(attempt.secret), Date.now());
    if (challenge?.kind !== 'enrol') return undefined;
    const user = await this.#userOf(challenge, attempt.device);
    return user !== undefined && (await this.guard.mayTryCode(user.guid)) ? user : undefined;
  }

  /** The app is set up: the challenge is used up. */
  async enrolled(secret: string, user: UserTable): Promise<void> {
    await this.challenges.finish(hashSecret(secret));
    await this.guard.codeWasRight(user.guid);
  }

  /** The user, if challenge, device and code are right; the challenge is used up then. */
  async pass(attempt: SecondStepAttempt): Promise<UserTable | undefined> {
    const hash = hashSecret(attempt.secret);
    const challenge = await this.challenges.tryOnce(hash, Date.now());
    if (challenge === undefined || challenge.kind === 'enrol') return undefined;
    const user = await this.#userOf(challenge, attempt.device);
    if (user === undefined) return undefined;
    if (attempt.username !== '' && attempt.username !== user.name) return undefined;
    if (!(await this.guard.mayTryCode(user.guid))) return undefined;
    if (!(await this.#isRight(challenge, user, attempt))) return undefined;
    if (!(await this.challenges.finish(hash))) return undefined;
    await this.guard.codeWasRight(user.guid);
    return user;
  }

  /** Whether it is the authenticator's code or an unused recovery code; either is used up. */
  async isCodeOf(user: UserTable, code: string): Promise<boolean> {
    if (user.totp_secret === null) return false;
    const secret = this.vault.open(user.totp_secret);
    const step = matchTotp(secret, code, Date.now(), user.totp_last_step);
    if (step !== undefined) return this.users.useTotpStep(user.guid, step);
    return this.users.useRecoveryCode(user.guid, hashSecret(code));
  }
  async #userOf(
    challenge: LoginChallengeTable,
    { id, uuid }: LoginDevice,
  ): Promise<UserTable | undefined> {
    if (challenge.device_id !== id || challenge.device_uuid !== uuid) return undefined;
    const user = await this.users.byGuid(challenge.user_guid);
    return user?.status === 1 ? user : undefined;
  }

  /** A mailed code counts for nothing once the user has an authenticator app. */
  async #isRight(
    challenge: LoginChallengeTable,
    user: UserTable,
    { code, secret, fromApp, mailed }: SecondStepAttempt,
  ): Promise<boolean> {
    if (challenge.kind === 'totp') return !mailed && this.isCodeOf(user, code);
    if (fromApp || user.totp_secret !== null) return false;
    return sameText(mailedHash(secret, code), challenge.code_hash);
  }

  async #open(
    user: UserTable,
    device: LoginDevice,
    kind: LoginChallengeTable['kind'],
    codeHash: (secret: string) => string,
  ): Promise<string> {
    const secret = newSecret('c_');
    await this.challenges.add({
      hash: hashSecret(secret),
      user_guid: user.guid,
      device_id: device.id,
      device_uuid: device.uuid,
      kind,
      code_hash: codeHash(secret),
      tries_left: TRIES,
      expires_at: Date.now() + CHALLENGE_MS,
    });
    return secret;
  }
}

function mailedHash(secret: string, code: string): string {
  return hashSecret(`${secret} ${code}`);
}

function sameText(one: string, other: string): boolean {
  return one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other));
}
