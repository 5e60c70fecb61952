import { randomInt } from 'node:crypto';
import type { UserTable } from '../store/account-tables.js';
import type { UserStore } from '../store/user-store.js';
import type { Vault } from '../store/vault.js';
import { Refusal } from '../http/refusal.js';
import type { SecondStep } from './second-step.js';
import type { TotpPolicy } from './totp-policy.js';
import { hashSecret } from './secrets.js';
import { matchTotp, newTotpSecret, totpUri } from './totp.js';

const RECOVERY_CODES = 6;
/** Without letters and digits that look alike. */
const ALPHABET = 'abcdefghjkmnpqrstuvwxyz23456789';
const CODE_CHARS = 16;
const CONFLICT = 409;

/** Switching one's own second factor on and off. Everything refused throws Refusal. */
export class SecondFactor {
  constructor(
    private readonly users: UserStore,
    private readonly vault: Vault,
    private readonly secondStep: SecondStep,
    private readonly policy: TotpPolicy,
  ) {}

  /** A new secret; nothing is stored before `confirm` has seen a code of it. */
  begin(user: UserTable): { secret: string; uri: string; proof: string } {
    if (user.totp_secret !== null) throw new Refusal('There is a second factor', CONFLICT);
    const secret = newTotpSecret();
    const proof = this.vault.seal(`${user.guid} ${secret}`);
    return { secret, uri: totpUri(secret, user.name, 'Waystation'), proof };
  }

  /** Switches it on and returns the recovery codes, which nobody can ask for again. */
  async confirm(user: UserTable, proof: string, code: string): Promise<string[]> {
    if (user.totp_secret !== null) throw new Refusal('There is a second factor', CONFLICT);
    const [guid, secret = ''] = this.vault.open(proof).split(' ');
    const step = guid === user.guid ? matchTotp(secret, code, Date.now(), 0) : undefined;
    if (step === undefined) throw new Refusal('wrong-2fa-code');
    const codes = Array.from({ length: RECOVERY_CODES }, recoveryCode);
    await this.users.setTotp(user.guid, this.vault.seal(secret), codes.map(hashSecret));
    await this.users.useTotpStep(user.guid, step);
    return codes;
  }

  /** Takes a code, so that a stolen login alone does not open the account. */
  async disable(user: UserTable, code: string): Promise<void> {
    if (this.policy.requires(user)) {
      throw new Refusal('This account needs an authenticator app', CONFLICT);
    }
    if (!(await this.secondStep.isCodeOf(user, code))) throw new Refusal('wrong-2fa-code');
    await this.users.setTotp(user.guid, null, []);
  }
}

function recoveryCode(): string {
  const chars = Array.from({ length: CODE_CHARS }, () => ALPHABET.charAt(randomInt(31)));
  return chars.join('');
}
