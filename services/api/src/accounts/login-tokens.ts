import type { UserTable } from '../store/account-tables.js';
import type { TokenStore } from '../store/token-store.js';
import type { PublishedLogins } from './published-logins.js';
import type { LoginTerms } from './login-terms.js';
import { hashSecret, newSecret } from './secrets.js';

/** The device that somebody signs in on, as it names itself. */
export interface LoginDevice {
  readonly id: string;
  readonly uuid: string;
}

/** Who makes a request with a login token. */
export interface SignedIn {
  readonly user: UserTable;
  readonly tokenHash: string;
  readonly device: LoginDevice;
  /** Where the request comes from. */
  readonly address?: string;
}

const PREFIX = 'wsu_';
/** A use is noted at most this often; reads cost no write. */
const NOTE_USE_MS = 3_600_000;

/**
 * Login tokens. The string never changes, because the client also shows it to the rendezvous; use
 * moves its end, and only a hash of it is stored.
 */
export class LoginTokens {
  constructor(
    private readonly tokens: TokenStore,
    private readonly published: PublishedLogins,
    private readonly terms: LoginTerms,
    private readonly config: { readonly loginLifetimeMs: number },
  ) {}

  /** Returns the token; nobody can ask for it a second time. */
  async issue(user: UserTable, device: LoginDevice): Promise<string> {
    const token = newSecret(PREFIX);
    const hash = hashSecret(token);
    const now = Date.now();
    await this.tokens.addLogin({
      hash,
      user_guid: user.guid,
      device_id: device.id,
      device_uuid: device.uuid,
      created_at: now,
      used_at: now,
      expires_at: await this.terms.end(user, now),
    });
    await this.published.settle([hash]);
    return token;
  }

  /** Whose token it is; undefined when it is unknown, over, revoked, or its user is shut out. */
  async find(token: string): Promise<SignedIn | undefined> {
    if (!token.startsWith(PREFIX)) return undefined;
    const now = Date.now();
    const found = await this.tokens.findLogin(hashSecret(token), now);
    if (found === undefined || found.user.status !== 1) return undefined;
    const { hash, device_id, device_uuid, used_at } = found.token;
    const noteAfterMs = Math.min(NOTE_USE_MS, this.config.loginLifetimeMs / 10);
    if (now - used_at > noteAfterMs) {
      await this.tokens.prolong(hash, now, await this.terms.end(found.user, now));
      await this.published.settle([hash]);
    }
    return { user: found.user, tokenHash: hash, device: { id: device_id, uuid: device_uuid } };
  }

  /** Harmless when it is gone already. */
  async revoke(tokenHash: string): Promise<void> {
    await this.tokens.removeLogin(tokenHash);
    await this.published.settle([tokenHash]);
  }

  /** Ends every login of these users. */
  async revokeAllOf(userGuids: readonly string[]): Promise<void> {
    await this.published.settle(await this.tokens.removeLoginsOf(userGuids));
  }

  /** Ends every other login of the user. */
  async revokeOthers({ user, tokenHash }: SignedIn): Promise<void> {
    await this.published.settle(await this.tokens.removeLoginsExcept(user.guid, tokenHash));
  }
}
