import { mayConnect, type AccessFacts, type AccessRules } from '@waystation/state';
import type { Clock } from './clock.js';

/** How long an answer counts without asking again; with the api's second, a change takes hold in 5 s. */
const TRUSTED_MS = 2000;
/** Answers remembered; the one asked for longest ago is forgotten first. */
const ANSWERS_LIMIT = 20_000;

/** Who may connect to what, by the rules of the accounts. */
export class Access {
  private readonly answers = new Map<string, { readonly may: boolean; readonly untilMs: number }>();

  constructor(
    private readonly rules: Pick<AccessRules, 'find'>,
    private readonly clock: Clock,
  ) {}

  /** `user` is a guid, empty for a caller without a login. Rejects when Redis has no answer. */
  async permits(user: string, id: string): Promise<boolean> {
    const key = `${user} ${id}`;
    const known = this.answers.get(key);
    if (known !== undefined && known.untilMs > this.clock()) return known.may;
    this.answers.delete(key);
    const facts: AccessFacts = await this.rules.find(user, id);
    const may = mayConnect(user, facts);
    this.answers.set(key, { may, untilMs: this.clock() + TRUSTED_MS });
    if (this.answers.size > ANSWERS_LIMIT) this.forgetOldest();
    return may;
  }

  private forgetOldest(): void {
    for (const oldest of this.answers.keys()) {
      this.answers.delete(oldest);
      return;
    }
  }
}
