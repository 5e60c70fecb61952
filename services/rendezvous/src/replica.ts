import type { Events, RegistryClient, Signals } from '@waystation/bus';
import type { Log } from '@waystation/ops';
import { closeRedis, type LiveReplicas, type Redis } from '@waystation/state';
import { undelivered, deliverAnswer } from './answers.js';
import type { Callers } from './callers.js';
import type { Context } from './context.js';
import type { KeyOffers } from './key-offer.js';
import type { Lease } from './lease.js';
import type { Background } from './ports.js';

/** How long a start waits for the registry to publish the server key. */
const REGISTRY_PATIENCE_MS = 60_000;
/** The whole peer table is looked through once a second, a slice at a time. */
const SWEEP_EVERY_MS = 100;
const SLICES_PER_SECOND = 10;
const SMALLEST_SLICE = 100;

/** The parts of a replica that run on their own. */
export interface RunningParts {
  readonly ctx: Context;
  readonly callers: Callers;
  readonly lease: Lease;
  readonly liveReplicas: LiveReplicas;
  readonly registry: RegistryClient;
  readonly signals: Signals;
  readonly events: Events;
  readonly offers: KeyOffers;
  readonly relayCheckMs: number;
  readonly connections: readonly Redis[];
  readonly log: Log;
}

/** Starts what must run before the first client comes, and ends it after the last one has left. */
export class Replica implements Background {
  private sweeper: NodeJS.Timeout | undefined;

  constructor(private readonly parts: RunningParts) {}

  async start(): Promise<void> {
    const { ctx, callers, lease, liveReplicas, registry, signals, events, offers } = this.parts;
    await ctx.server.start(REGISTRY_PATIENCE_MS);
    await registry.start();
    ctx.router.start({
      undelivered: (caller, attempt) => undelivered(ctx, callers, caller, attempt),
      answer: (caller, answer) => deliverAnswer(ctx, caller, answer),
    });
    await signals.start();
    events.on('identityChanged', ({ id, change }) => this.forget(id, change));
    await events.start();
    // Only now may others send signals here.
    await lease.start();
    await liveReplicas.start();
    offers.start();
    ctx.relays.start(this.parts.relayCheckMs);
    this.sweeper = setInterval(() => this.sweep(), SWEEP_EVERY_MS);
  }

  async stop(): Promise<void> {
    const { ctx, lease, liveReplicas, registry, signals, events, offers } = this.parts;
    clearInterval(this.sweeper);
    offers.stop();
    ctx.relays.stop();
    ctx.server.stop();
    ctx.presence.stop();
    liveReplicas.stop();
    await lease.stop();
    await Promise.allSettled([signals.stop(), events.stop(), registry.stop()]);
    await Promise.all(this.parts.connections.map((redis) => closeRedis(redis)));
  }

  private sweep(): void {
    const { peers } = this.parts.ctx;
    peers.sweep(Math.max(SMALLEST_SLICE, Math.ceil(peers.size / SLICES_PER_SECOND)));
  }

  /** The identity is another one now: what is known of it here is stale, its device registers anew. */
  private forget(id: string, change: string): void {
    if (change === 'enabled') return;
    this.parts.ctx.peers.remove(id)?.channel?.close(change);
  }
}
