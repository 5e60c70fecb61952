import type { UserTable } from '../store/account-tables.js';

/** Who has to have an authenticator app. */
export class TotpPolicy {
  constructor(
    private readonly config: { readonly totpRequired: 'chosen' | 'admins' | 'everybody' },
  ) {}

  /** Whether a password alone never signs this user in. */
  requires({ totp_required, is_admin }: Pick<UserTable, 'totp_required' | 'is_admin'>): boolean {
    const { totpRequired } = this.config;
    if (totp_required === 1 || totpRequired === 'everybody') return true;
    return totpRequired === 'admins' && is_admin === 1;
  }
}
