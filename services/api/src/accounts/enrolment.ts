import { renderSVG } from 'uqr';
import type { UserTable } from '../store/account-tables.js';
import { Refusal } from '../http/refusal.js';
import type { PublicUrls } from '../sign-in/public-urls.js';
import type { LoginDevice } from './login-tokens.js';
import type { SecondFactor } from './second-factor.js';
import type { SecondStep } from './second-step.js';
import type { TotpPolicy } from './totp-policy.js';

/** What somebody needs to set an authenticator app up while he signs in. */
export interface EnrolmentOffer {
  readonly secret: string;
  readonly uri: string;
  /** The same as a picture for the app, as a data address. */
  readonly qr: string;
  /** Comes back with the first code. */
  readonly proof: string;
}

/** Sent with the first code of the new app. */
export interface EnrolmentAttempt {
  /** Of the login's challenge. */
  readonly secret: string;
  readonly proof: string;
  readonly code: string;
  readonly device: LoginDevice;
}

/** Setting up an authenticator app as a part of signing in, where it is required. */
export class Enrolment {
  constructor(
    private readonly factor: SecondFactor,
    private readonly step: SecondStep,
    private readonly policy: TotpPolicy,
    private readonly urls: PublicUrls,
  ) {}

  /** Whether this user has to set an app up before he gets a login. */
  isDue(user: UserTable): boolean {
    return user.totp_secret === null && this.policy.requires(user);
  }

  /** Nothing is stored of it but the challenge. Throws Refusal where the app cannot be set up. */
  async begin(
    user: UserTable,
    device: LoginDevice,
    canEnrol: boolean,
  ): Promise<{ secret: string; enrolment: EnrolmentOffer }> {
    if (!canEnrol) {
      const where = `${this.urls.usual}/`;
      throw new Refusal(
        `This account needs an authenticator app. Set it up by signing in with a browser: ${where}`,
      );
    }
    const { secret, uri, proof } = this.factor.begin(user);
    const enrolment = { secret, uri, proof, qr: pictureOf(uri) };
    return { secret: await this.step.openEnrolment(user, device), enrolment };
  }

  /** The user, with his recovery codes, when the challenge and the app's code are right. */
  async finish(
    attempt: EnrolmentAttempt,
  ): Promise<{ user: UserTable; codes: string[] } | undefined> {
    const user = await this.step.enrolling(attempt);
    if (user === undefined) return undefined;
    const codes = await this.factor.confirm(user, attempt.proof, attempt.code);
    await this.step.enrolled(attempt.secret, user);
    return { user, codes };
  }
}

/** For an authenticator app's camera. */
export function pictureOf(uri: string): string {
  const svg = renderSVG(uri, { ecc: 'M', border: 4 });
  return `data:image/svg+xml;base64,${Buffer.from(svg).toString('base64')}`;
}
