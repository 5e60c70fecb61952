import type { UserTable } from '../store/account-tables.js';
import type { IdentityStore } from '../store/identity-store.js';

interface TermSettings {
  readonly loginLifetimeMs: number;
  readonly oidcLoginLifetimeMs: number;
}

/**
 * How long a login may last that is made or used now. Whoever has no password here lives on the word
 * of another place: his logins end some time after that was last given, however much they are used.
 */
export class LoginTerms {
  constructor(
    private readonly identities: Pick<IdentityStore, 'vouchers'>,
    private readonly settings: TermSettings,
  ) {}

  /** Milliseconds since 1970. */
  async end(user: Pick<UserTable, 'guid' | 'password_hash'>, now: number): Promise<number> {
    const { loginLifetimeMs, oidcLoginLifetimeMs } = this.settings;
    const byUse = now + loginLifetimeMs;
    if (user.password_hash !== null) return byUse;
    const vouchers = await this.identities.vouchers(user.guid);
    if (vouchers.length === 0) return byUse;
    const ends = vouchers.map(({ source, vouched_at }) => {
      return vouched_at + (source.startsWith('oidc ') ? oidcLoginLifetimeMs : loginLifetimeMs);
    });
    return Math.min(byUse, Math.max(...ends));
  }
}
