import { defaultGateways } from '@waystation/net';
import { normaliseIp } from '@waystation/wire';

/**
 * Addresses that stand for "somebody behind our own network": with Docker's userland proxy, or
 * after a hairpin, clients appear as the default gateway of our interface with a made-up port. Such a source
 * can be answered, but no peer can connect to it. The first sight of each is reported.
 */
export class Gateways {
  private readonly seen = new Set<string>();
  /** Sightings, for the metrics. */
  sightings = 0;

  constructor(
    private readonly addresses: ReadonlySet<string>,
    private readonly firstSight: (ip: string) => void,
  ) {}

  /** Reads option GATEWAY_ADDRESSES: `auto` means the default gateways of this machine. */
  static from(entries: readonly string[], firstSight: (ip: string) => void): Gateways {
    const addresses = new Set<string>();
    for (const entry of entries) {
      if (entry === 'auto') for (const ip of defaultGateways()) addresses.add(ip);
      const ip = normaliseIp(entry);
      if (ip !== undefined) addresses.add(ip);
    }
    return new Gateways(addresses, firstSight);
  }

  readonly has = (ip: string): boolean => {
    if (!this.addresses.has(ip)) return false;
    this.sightings += 1;
    if (!this.seen.has(ip)) {
      this.seen.add(ip);
      this.firstSight(ip);
    }
    return true;
  };
}
