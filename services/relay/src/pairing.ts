import { AddressLimit } from '@waystation/net';
import type { EndReason } from './end-reason.js';
import type { Leg } from './leg.js';
import type { RelayLimits } from './limits.js';

interface Entry {
  readonly leg: Leg;
  /** Belongs to this entry and not to its uuid, so a later entry of the uuid gets its full time. */
  readonly timer: NodeJS.Timeout;
}

/**
 * The legs that wait here for their partner. Exactly two legs of one uuid meet: `take` removes the
 * first at once, so a third one finds nobody and waits anew.
 */
export class Pairing {
  readonly #waiting = new Map<string, Entry>();
  readonly #limits: RelayLimits;
  readonly #perAddress: AddressLimit;
  readonly #gaveUp: (leg: Leg, reason: EndReason, uuid: string) => void;

  /** @param gaveUp told about a leg that left or was dismissed while it waited */
  constructor(limits: RelayLimits, gaveUp: (leg: Leg, reason: EndReason, uuid: string) => void) {
    this.#limits = limits;
    this.#perAddress = new AddressLimit(limits.waitingPerAddress);
    this.#gaveUp = gaveUp;
  }

  /** Legs that wait now. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Addresses whose places among the waiting are counted; none when nobody waits. */
  get addresses(): number {
    return this.#perAddress.addresses;
  }

  /** Whether somebody waits for a partner with this uuid: this very leg, if one is given. */
  holds(uuid: string, leg?: Leg): boolean {
    const entry = this.#waiting.get(uuid);
    return entry !== undefined && (leg === undefined || entry.leg === leg);
  }

  /** The waiting leg of this uuid, which then no longer waits. */
  take(uuid: string): Leg | undefined {
    return this.#remove(uuid)?.leg;
  }

  /** Lets a leg wait whose uuid nobody waits for; false when too many wait already. */
  wait(uuid: string, leg: Leg): boolean {
    const { waitingTotal, waitMs, earlyBytes } = this.#limits;
    if (waitingTotal > 0 && this.#waiting.size >= waitingTotal) return false;
    if (!this.#perAddress.take(leg.remote.ip)) return false;
    const timer = setTimeout(() => this.dismiss(uuid, 'waiting-timeout'), waitMs).unref();
    const entry = { leg, timer };
    this.#waiting.set(uuid, entry);
    leg.wait(earlyBytes, (reason) => {
      if (this.#waiting.get(uuid) !== entry) return;
      this.#remove(uuid);
      this.#gaveUp(leg, reason, uuid);
    });
    return true;
  }

  /** Hangs up on all who wait and are meant. */
  dismissAll(reason: EndReason, fits: (leg: Leg, uuid: string) => boolean): void {
    for (const [uuid, { leg }] of [...this.#waiting]) {
      if (fits(leg, uuid)) this.dismiss(uuid, reason);
    }
  }

  /** Hangs up on the leg that waits with this uuid, if one does. */
  dismiss(uuid: string, reason: EndReason): void {
    const entry = this.#remove(uuid);
    if (entry === undefined) return;
    entry.leg.dismiss(reason);
    this.#gaveUp(entry.leg, reason, uuid);
  }

  #remove(uuid: string): Entry | undefined {
    const entry = this.#waiting.get(uuid);
    if (entry === undefined) return undefined;
    clearTimeout(entry.timer);
    this.#waiting.delete(uuid);
    this.#perAddress.release(entry.leg.remote.ip);
    return entry;
  }
}
