import type { LoginOutcome } from './login.js';
import { ownView } from './user-view.js';

/** What clients parse after a sign-in. `tfa_check` must not be the `type`: they take only these two. */
export function loginAnswer(outcome: LoginOutcome): object {
  const user = ownView(outcome.user);
  if ('token' in outcome) {
    const { token, recoveryCodes } = outcome;
    const codes = recoveryCodes === undefined ? {} : { recovery_codes: recoveryCodes };
    return { type: 'access_token', access_token: token, user, ...codes };
  }
  const { secret, step } = outcome;
  const { name } = user;
  if (step === 'enrol') {
    return { type: 'enrol_totp', secret, user: { name }, totp: outcome.enrolment };
  }
  if (step === 'totp') {
    return { type: 'email_check', tfa_type: 'tfa_check', secret, user: { name } };
  }
  const email = masked(user.email);
  return { type: 'email_check', tfa_type: 'email_check', secret, user: { name, email } };
}

/** The same after a sign-in elsewhere, where clients want every text there and the whole user. */
export function externalAnswer(outcome: LoginOutcome): object {
  const user = ownView(outcome.user);
  if ('token' in outcome) {
    const { token } = outcome;
    return { access_token: token, type: 'access_token', tfa_type: '', secret: '', user };
  }
  const { secret } = outcome;
  return { access_token: '', type: 'email_check', tfa_type: 'tfa_check', secret, user };
}

/** Enough to know one's own address by: `b***@example.com`. */
function masked(email: string): string {
  return email.replace(/^(.)[^@]*/, '$1***');
}
