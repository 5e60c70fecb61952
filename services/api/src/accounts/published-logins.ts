import type { OnModuleDestroy, OnModuleInit } from '@nestjs/common';
import type { Log } from '@waystation/ops';
import type { PublishedLogin, Redis, Tokens } from '@waystation/state';
import type { GoodLogin, TokenStore } from '../store/token-store.js';

/** Logins that are settled together. */
const BATCH = 500;
/** How often everything is compared when nothing gives a reason to. */
const ROUND_MS = 60_000;
/** After a failure, and until it succeeds. */
const RETRY_MS = 1000;
/** A request waits at most so long for Redis; what is not done then is done later. */
const PATIENCE_MS = 1000;
/** Two clocks' reading of the same end may differ by this much. */
const TOLERANCE_MS = 2000;

/**
 * Tells the rendezvous which logins are good. The database is the truth: whatever happens to a login,
 * Redis is made to say what the database says. All of them are compared at the start, when Redis comes
 * back, after every failure and once a minute, so that Redis may lose everything and a replica may die
 * between its two writes.
 */
export class PublishedLogins implements OnModuleInit, OnModuleDestroy {
  #timer: NodeJS.Timeout | undefined;
  #running = Promise.resolve();
  #behind = false;
  #ended = false;
  readonly #redisIsBack = (): void => this.#schedule(0);

  constructor(
    private readonly tokens: TokenStore,
    private readonly published: Tokens,
    private readonly redis: Redis,
    private readonly log: Log,
  ) {}

  onModuleInit(): void {
    this.redis.on('ready', this.#redisIsBack);
    this.#schedule(0);
  }

  async onModuleDestroy(): Promise<void> {
    this.#ended = true;
    this.redis.off('ready', this.#redisIsBack);
    clearTimeout(this.#timer);
    await this.#running;
  }

  /** To be called after the database was changed. Never rejects: what fails is repeated. */
  async settle(hashes: readonly string[]): Promise<void> {
    if (hashes.length === 0) return;
    const { promise: patience, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, PATIENCE_MS);
    const settled = this.#settle(hashes).catch((error: unknown) => this.#failed(error));
    await Promise.race([settled, patience]);
    clearTimeout(timer);
  }

  /** Compares everything, one round after the other. Never rejects. */
  round(): Promise<void> {
    this.#running = this.#running.then(() => this.#compare());
    return this.#running;
  }

  async #compare(): Promise<void> {
    if (this.#ended) return;
    try {
      await this.#takeBack();
      await this.#bringBack();
      if (this.#behind) this.log.info('the rendezvous knows all logins again');
      this.#behind = false;
      this.#schedule(ROUND_MS);
    } catch (error) {
      this.#failed(error);
    }
  }

  /** What Redis has and the database has not: asked in this order, a new login is in both. */
  async #takeBack(): Promise<void> {
    for await (const found of this.published.all()) {
      for (const hashes of batches(found)) {
        const good = hashesOf(await this.tokens.goodLogins(hashes, Date.now()));
        await this.#settle(hashes.filter((hash) => !good.has(hash)));
      }
    }
  }

  /** What the database has, and Redis has not or until another time. */
  async #bringBack(): Promise<void> {
    let last = '';
    for (;;) {
      const logins = await this.tokens.goodLoginsAfter(last, BATCH, Date.now());
      const remaining = await this.published.remaining(logins.map(({ hash }) => hash));
      const now = Date.now();
      const wrong = logins.filter(({ expires_at }, index) => {
        return Math.abs(now + (remaining[index] ?? -1) - expires_at) > TOLERANCE_MS;
      });
      await this.#settle(wrong.map(({ hash }) => hash));
      if (logins.length < BATCH) return;
      last = logins.at(-1)?.hash ?? last;
    }
  }

  /** A login that ends while it is published is looked at again: its end may have come before. */
  async #settle(all: readonly string[]): Promise<void> {
    for (const hashes of batches(all)) {
      const good = await this.tokens.goodLogins(hashes, Date.now());
      await this.published.publishAll(good.map(publishedLogin));
      const still = hashesOf(await this.tokens.goodLogins(hashes, Date.now()));
      await this.published.revoke(hashes.filter((hash) => !still.has(hash)));
    }
  }

  #failed(error: unknown): void {
    if (!this.#behind) this.log.warn('could not tell the rendezvous about logins', { error });
    this.#behind = true;
    this.#schedule(RETRY_MS);
  }

  #schedule(afterMs: number): void {
    if (this.#ended) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.round(), afterMs);
    this.#timer.unref();
  }
}

function publishedLogin({ hash, user_guid, user_name, expires_at }: GoodLogin): PublishedLogin {
  return { hash, owner: { user: user_guid, name: user_name }, expiresAt: expires_at };
}

function hashesOf(logins: readonly GoodLogin[]): Set<string> {
  return new Set(logins.map(({ hash }) => hash));
}

function batches(all: readonly string[]): string[][] {
  const count = Math.ceil(all.length / BATCH);
  return Array.from({ length: count }, (_, index) => all.slice(index * BATCH, (index + 1) * BATCH));
}
