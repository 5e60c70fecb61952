import type { Redis } from '@waystation/state';

/** What was missed while Redis could not be heard is made up for within 5 s, with a second to do it. */
const LOOK_MS = 4_000;

/**
 * Looks at Redis at every new connection to it, every few seconds and when something may have changed: one
 * look at a time, and another one after it when there was a reason meanwhile.
 */
export class RepeatedLook {
  readonly #redis: Pick<Redis, 'on' | 'off'>;
  readonly #look: () => Promise<void>;
  readonly #failed: (error: unknown) => void;
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;
  #isStale = false;

  /** @param failed told about a look that rejected; the next one makes up for it */
  constructor(
    redis: Pick<Redis, 'on' | 'off'>,
    look: () => Promise<void>,
    failed: (error: unknown) => void,
  ) {
    this.#redis = redis;
    this.#look = look;
    this.#failed = failed;
  }

  /** Returns after the first look, whether Redis could be asked or not. */
  async start(): Promise<void> {
    this.#redis.on('ready', this.now);
    this.#timer = setInterval(this.now, LOOK_MS).unref();
    this.now();
    await this.#looking;
  }

  stop(): void {
    this.#redis.off('ready', this.now);
    clearInterval(this.#timer);
  }

  /** Something may have changed. */
  readonly now = (): void => {
    this.#isStale = true;
    this.#looking ??= this.#catchUp().finally(() => {
      this.#looking = undefined;
    });
  };

  async #catchUp(): Promise<void> {
    while (this.#isStale) {
      this.#isStale = false;
      await this.#look().catch(this.#failed);
    }
  }
}
