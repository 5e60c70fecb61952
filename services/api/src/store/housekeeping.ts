import type { OnModuleDestroy, OnModuleInit } from '@nestjs/common';
import type { Log } from '@waystation/ops';
import { SWITCH_GRANT_MEMORY_MS } from '../devices/switch-grants.js';
import type { ConnAuditStore } from './conn-audit-store.js';
import type { EventAuditStore } from './event-audit-store.js';
import type { IdentityStore } from './identity-store.js';
import type { OidcLoginStore } from './oidc-login-store.js';
import type { GuardStore } from './guard-store.js';
import type { SwitchGrantStore } from './switch-grant-store.js';
import type { TokenStore } from './token-store.js';

const INTERVAL_MS = 30_000;
/** A connection that no heartbeat names for this long is over. */
const UNSEEN_MS = 60_000;
/** A client repeats a post for two minutes. */
const NONCE_MS = 10 * 60_000;
const HOUR_MS = 3_600_000;
/** A device that a user has not signed in on for so long is new to him again. */
const KNOWN_DEVICE_MS = 400 * 24 * HOUR_MS;
/** Answers that clients have fetched are kept a little longer than they may be repeated. */
const REPEAT_MS = 60_000;

/** The stores that gather what has to be forgotten some time. */
export interface Untidy {
  readonly connections: ConnAuditStore;
  readonly events: EventAuditStore;
  readonly tokens: TokenStore;
  readonly guards: GuardStore;
  readonly grants: SwitchGrantStore;
  readonly oidcLogins: OidcLoginStore;
  readonly identities: IdentityStore;
}

/** Forgets what is over. Every replica does it; doing it twice does no harm. */
export class Housekeeping implements OnModuleInit, OnModuleDestroy {
  #timer: NodeJS.Timeout | undefined;
  #running = Promise.resolve();
  readonly #startedAt = Date.now();

  constructor(
    private readonly stores: Untidy,
    private readonly log: Log,
  ) {}

  onModuleInit(): void {
    this.#timer = setInterval(() => void this.run(), INTERVAL_MS);
    this.#timer.unref();
  }

  async onModuleDestroy(): Promise<void> {
    clearInterval(this.#timer);
    await this.#running;
  }

  /** One round; never rejects, the next one does what this one could not. */
  run(now = Date.now()): Promise<void> {
    this.#running = this.#running.then(() => this.#tidy(now));
    return this.#running;
  }

  async #tidy(now: number): Promise<void> {
    const { connections, events, tokens, guards, grants, oidcLogins, identities } = this.stores;
    try {
      await events.removeNonces(now - NONCE_MS);
      await tokens.removeExpired(now);
      await guards.removeOlderThan(Math.floor(now / HOUR_MS) - 1, now);
      await grants.removeExpired(now - SWITCH_GRANT_MEMORY_MS);
      await oidcLogins.removeOver(now, now - REPEAT_MS);
      await identities.forgetDevices(now - KNOWN_DEVICE_MS);
      // after a pause of ours the devices need a while to tell what is alive
      if (now - this.#startedAt > 2 * UNSEEN_MS) await connections.endUnseen(now - UNSEEN_MS);
    } catch (error) {
      this.log.warn('could not tidy the database', { error });
    }
  }
}
