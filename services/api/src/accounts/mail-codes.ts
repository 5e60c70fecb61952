import { randomInt } from 'node:crypto';
import { type Log, reasonOf } from '@waystation/ops';
import type { UserTable } from '../store/account-tables.js';
import type { IdentityStore } from '../store/identity-store.js';
import { Refusal } from '../http/refusal.js';
import type { LoginGuard } from './login-guard.js';
import type { LoginDevice } from './login-tokens.js';
import type { SecondStep } from './second-step.js';

/** Clients have room for exactly six characters. */
const CODE_DIGITS = 6;

/** What sends a mail; rejects when it could not be handed over. */
export interface Mailer {
  readonly enabled: boolean;
  send(mail: { to: string; subject: string; text: string }): Promise<void>;
}

/** Who signs in, for the person who reads the mail. */
interface Attempt {
  readonly device: LoginDevice;
  /** What the device says of itself. */
  readonly deviceName: string;
  readonly address: string;
}

/** The second step by e-mail: who needs it, and the mail with the code. */
export class MailCodes {
  constructor(
    private readonly mailer: Mailer,
    private readonly identities: IdentityStore,
    private readonly secondStep: SecondStep,
    private readonly guard: LoginGuard,
    private readonly policy: 'chosen' | 'new-device' | 'always',
    private readonly log: Log,
  ) {}

  /** Whether a password alone is not enough for this user on this device. */
  async needed(user: UserTable, device: LoginDevice): Promise<boolean> {
    if (user.mail_code === 1 || this.policy === 'always') return user.email !== '';
    if (this.policy === 'chosen' || user.email === '') return false;
    return !(await this.identities.knowsDevice(user.guid, device.id, device.uuid));
  }

  /** Mails a code and returns the secret of the step; throws Refusal when no mail can be sent. */
  async begin(user: UserTable, attempt: Attempt): Promise<string> {
    if (!this.mailer.enabled) {
      throw new Refusal('No verification code can be mailed, please ask an administrator');
    }
    if (!(await this.guard.mayMail(user.guid))) {
      throw new Refusal('Too many verification codes were mailed, please try again later');
    }
    const code = String(randomInt(10 ** CODE_DIGITS)).padStart(CODE_DIGITS, '0');
    const secret = await this.secondStep.openMailed(user, attempt.device, code);
    try {
      await this.mailer.send({
        to: user.email,
        subject: 'Your verification code',
        text: letter(user, attempt, code),
      });
    } catch (error) {
      const reason = reasonOf(error);
      this.log.warn('a verification code could not be mailed', { error: reason });
      throw new Refusal('The verification code could not be mailed, please try again later');
    }
    return secret;
  }
}

function letter(user: UserTable, { deviceName, device, address }: Attempt, code: string): string {
  const where = [deviceName, device.id && `ID ${device.id}`, `address ${address}`];
  return [
    `Your verification code is ${code}. It is valid for five minutes.`,
    '',
    `Somebody signs in as ${user.name} on ${where.filter((part) => part !== '').join(', ')}.`,
    'If that is not you, your password is known to somebody else: change it.',
    '',
  ].join('\n');
}
