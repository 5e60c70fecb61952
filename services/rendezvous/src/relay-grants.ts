import { RELAY_GRANT_MS, type RelayGrantStore } from '@waystation/state';
import { limiterKey } from '@waystation/wire';
import type { Clock } from './clock.js';

const GRANTS_LIMIT = 50_000;

/** What was agreed between one source address and one callee. */
export interface Grant {
  /** The relay that the callee named in its last answer; empty if it has not answered yet. */
  readonly relay: string;
}

interface Kept extends Grant {
  readonly untilMs: number;
}

/**
 * Which source address may ask for a relay to which callee: it had a punch request accepted within
 * two minutes. A RequestRelay comes on a new connection, so maybe to another replica: what is not
 * known here is asked for in the store.
 */
export class RelayGrants {
  private readonly kept = new Map<string, Kept>();

  constructor(
    private readonly store: Pick<RelayGrantStore, 'name' | 'open' | 'find'>,
    private readonly clock: Clock,
    private readonly failed: (error: unknown) => void,
  ) {}

  /** Grants remembered here. */
  get size(): number {
    return this.kept.size;
  }

  /** A punch request of `ip` to `callee` was accepted. */
  accepted(ip: string, callee: string): void {
    const key = keyOf(ip, callee);
    this.keep(key, this.kept.get(key)?.relay ?? '');
    // Only where there is nothing: another replica may have heard the callee name a relay.
    this.store.open(limiterKey(ip), callee).catch(this.failed);
  }

  /** The callee has named `relay` to this caller. */
  named(ip: string, callee: string, relay: string): void {
    const key = keyOf(ip, callee);
    this.keep(key, relay);
    this.store.name(limiterKey(ip), callee, relay).catch(this.failed);
  }

  /** Undefined without a grant. Rejects when it is not known here and the store cannot be asked. */
  async find(ip: string, callee: string): Promise<Grant | undefined> {
    const kept = this.kept.get(keyOf(ip, callee));
    const known = kept !== undefined && kept.untilMs > this.clock() ? kept : undefined;
    if (known !== undefined && known.relay !== '') return known;
    const relay = await this.store.find(limiterKey(ip), callee);
    return relay === undefined ? known : { relay };
  }

  private keep(key: string, relay: string): void {
    const nowMs = this.clock();
    this.kept.delete(key);
    this.kept.set(key, { relay, untilMs: nowMs + RELAY_GRANT_MS });
    for (const [key, grant] of this.kept) {
      if (grant.untilMs > nowMs && this.kept.size <= GRANTS_LIMIT) return;
      this.kept.delete(key);
    }
  }
}

function keyOf(ip: string, callee: string): string {
  return `${limiterKey(ip)} ${callee}`;
}
