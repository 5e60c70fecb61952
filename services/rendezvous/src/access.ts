import { isShutOut, mayConnect, type AccessFacts, type AccessRules } from '@waystation/state';
import type { Clock } from './clock.js';
import { forgetOldest } from './forget-oldest.js';

/** How long an answer counts without asking again; with the api's second, a change takes hold in 5 s. */
const TRUSTED_MS = 2000;
/** Answers remembered; the one asked for longest ago is forgotten first. */
const ANSWERS_LIMIT = 20_000;

/** `never` is for everybody, whoever vouches for him: the owner of the device is shut out. */
export type Verdict = 'yes' | 'no' | 'never';

interface Answer {
  readonly verdict: Verdict;
  readonly untilMs: number;
}

/** Who may connect to what, by the rules of the accounts. */
export class Access {
  private readonly answers = new Map<string, Answer>();

  constructor(
    private readonly rules: Pick<AccessRules, 'find'>,
    private readonly clock: Clock,
  ) {}

  /** `user` is a guid, empty for a caller without a login. Rejects when Redis has no answer. */
  async verdict(user: string, id: string): Promise<Verdict> {
    const key = `${user} ${id}`;
    const known = this.answers.get(key);
    if (known !== undefined && known.untilMs > this.clock()) return known.verdict;
    this.answers.delete(key);
    const verdict = verdictOf(user, await this.rules.find(user, id));
    this.answers.set(key, { verdict, untilMs: this.clock() + TRUSTED_MS });
    forgetOldest(this.answers, ANSWERS_LIMIT);
    return verdict;
  }
}

function verdictOf(user: string, facts: AccessFacts): Verdict {
  if (isShutOut(facts)) return 'never';
  return mayConnect(user, facts) ? 'yes' : 'no';
}
