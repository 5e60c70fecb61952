interface Waiting<Q, A> {
  readonly question: Q;
  readonly resolve: (answer: A) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Questions that may wait a few milliseconds, so that many share one command: at hundreds of pairs a second
 * a command of its own for each costs Redis and us more than anything else.
 */
export class Gathered<Q, A> {
  readonly #askAll: (questions: readonly Q[]) => Promise<readonly A[]>;
  readonly #waitMs: number;
  #waiting: Waiting<Q, A>[] = [];
  #timer: NodeJS.Timeout | undefined;

  /** @param askAll answers in the order of the questions */
  constructor(askAll: (questions: readonly Q[]) => Promise<readonly A[]>, waitMs: number) {
    this.#askAll = askAll;
    this.#waitMs = waitMs;
  }

  /** Rejects, like all that were asked with it, when the asking fails. */
  ask(question: Q): Promise<A> {
    this.#timer ??= setTimeout(() => void this.#send(), this.#waitMs);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ question, resolve, reject });
    });
  }

  /** Sends this question now if it waits: what follows must not overtake it. */
  hurry(question: Q): void {
    if (this.#waiting.some((waiting) => waiting.question === question)) void this.#send();
  }

  async #send(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const all = this.#waiting;
    this.#waiting = [];
    try {
      const answers = await this.#askAll(all.map(({ question }) => question));
      for (const [at, { resolve, reject }] of all.entries()) {
        const answer = answers[at];
        if (answer === undefined) reject(new Error('fewer answers than questions'));
        else resolve(answer);
      }
    } catch (error) {
      for (const { reject } of all) reject(error);
    }
  }
}
