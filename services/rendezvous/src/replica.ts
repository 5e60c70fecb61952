import { undelivered, deliverAnswer } from './answers.js';
import type { Backplane } from './backplane.js';
import type { SessionParts } from './client-session.js';
import type { Lease } from './lease.js';
import type { Background } from './ports.js';

/** How long a start waits for the registry to publish the server key. */
const REGISTRY_PATIENCE_MS = 60_000;
/** The whole peer table is looked through once a second, a slice at a time. */
const SWEEP_EVERY_MS = 100;
const SLICES_PER_SECOND = 10;
const SMALLEST_SLICE = 100;

/** Starts what must run before the first client comes, and ends it after the last one has left. */
export class Replica implements Background {
  private sweeper: NodeJS.Timeout | undefined;

  constructor(
    private readonly sessions: SessionParts,
    private readonly backplane: Backplane,
    private readonly lease: Lease,
    private readonly relayCheckMs: number,
  ) {}

  async start(): Promise<void> {
    const { ctx, callers, offers } = this.sessions;
    const { live, registry, signals, events } = this.backplane;
    await ctx.server.start(REGISTRY_PATIENCE_MS);
    await ctx.roles.start();
    await registry.start();
    ctx.router.start({
      undelivered: (caller, attempt) => undelivered(ctx, callers, caller, attempt),
      answer: (caller, answer) => deliverAnswer(ctx, caller, answer),
    });
    await signals.start();
    events.on('identityChanged', ({ id, change }) => this.forget(id, change));
    events.on('closeSession', ({ user }) => {
      if (user !== undefined) ctx.logins.forget(user);
    });
    await events.start();
    // Only now may others send signals here.
    await this.lease.start();
    await live.start();
    offers.start();
    ctx.relays.start(this.relayCheckMs);
    this.sweeper = setInterval(() => this.sweep(), SWEEP_EVERY_MS);
  }

  async stop(): Promise<void> {
    const { ctx, offers } = this.sessions;
    clearInterval(this.sweeper);
    offers.stop();
    ctx.relays.stop();
    ctx.roles.stop();
    ctx.server.stop();
    ctx.presence.stop();
    await this.lease.stop();
    await ctx.records.stop();
    await this.backplane.close();
  }

  private sweep(): void {
    const { peers } = this.sessions.ctx;
    peers.sweep(Math.max(SMALLEST_SLICE, Math.ceil(peers.size / SLICES_PER_SECOND)));
  }

  /** The identity is another one now: what is known of it here is stale, its device registers anew. */
  private forget(id: string, change: string): void {
    if (change === 'enabled') return;
    this.sessions.ctx.peers.remove(id)?.channel?.close(change);
  }
}
