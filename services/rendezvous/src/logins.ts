import { hashToken, type TokenOwner, type Tokens } from '@waystation/state';
import type { Clock } from './clock.js';
import { forgetOldest } from './forget-oldest.js';

/** How long a login counts as good without asking again: so late a log-out takes effect (api 4.3). */
const TRUSTED_MS = 5000;
/** Logins remembered; the one asked for longest ago is forgotten first. */
const LOGINS_LIMIT = 20_000;
/** A longer text is no token of ours. */
const TOKEN_LIMIT = 512;

/** Who is logged in, by the token that clients send along. Only good logins are remembered. */
export class Logins {
  private readonly good = new Map<
    string,
    { readonly owner: TokenOwner; readonly untilMs: number }
  >();

  constructor(
    private readonly tokens: Pick<Tokens, 'find'>,
    private readonly clock: Clock,
  ) {}

  /** Undefined for a token that is not good. Rejects when Redis would have to be asked and cannot. */
  async owner(token: string): Promise<TokenOwner | undefined> {
    if (token === '' || token.length > TOKEN_LIMIT) return undefined;
    const hash = hashToken(token);
    const known = this.good.get(hash);
    if (known !== undefined && known.untilMs > this.clock()) return known.owner;
    this.good.delete(hash);
    const owner = await this.tokens.find(hash);
    if (owner !== undefined) this.remember(hash, owner);
    return owner;
  }

  /** To be called when a user is shut out, who else would pass for as long as he is remembered. */
  forget(user: string): void {
    for (const [hash, { owner }] of this.good) if (owner.user === user) this.good.delete(hash);
  }

  private remember(hash: string, owner: TokenOwner): void {
    this.good.set(hash, { owner, untilMs: this.clock() + TRUSTED_MS });
    forgetOldest(this.good, LOGINS_LIMIT);
  }
}
