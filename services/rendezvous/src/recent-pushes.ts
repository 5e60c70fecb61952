import { WAITING_MS, type ReplicaId } from '@waystation/state';
import type { Clock } from './clock.js';

/** Where a caller waits. */
export interface Place {
  /** What it waits under, see Caller.waitingKey. */
  readonly caller: string;
  readonly replica: ReplicaId;
}

/** Callers remembered; the one pushed for longest ago is forgotten first. */
const PLACES_LIMIT = 20_000;

/**
 * Where the callers of recent pushes wait: a callee mostly brings its answer to the replica that pushed
 * to it, which need not ask Redis for whom then.
 */
export class RecentPushes {
  private readonly places = new Map<string, { replica: ReplicaId; untilMs: number }>();

  constructor(
    private readonly clock: Clock,
    private readonly limit = PLACES_LIMIT,
  ) {}

  /** A push for this caller came from `replica`. */
  remember(caller: string, replica: ReplicaId): void {
    const nowMs = this.clock();
    this.places.delete(caller);
    this.places.set(caller, { replica, untilMs: nowMs + WAITING_MS });
    for (const [oldest, { untilMs }] of this.places) {
      if (untilMs > nowMs && this.places.size <= this.limit) return;
      this.places.delete(oldest);
    }
  }

  /** The first of these keys under which somebody is known to wait. */
  find(keys: readonly string[]): Place | undefined {
    for (const caller of keys) {
      const place = this.places.get(caller);
      if (place !== undefined && place.untilMs > this.clock()) {
        return { caller, replica: place.replica };
      }
    }
    return undefined;
  }
}
