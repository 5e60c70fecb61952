import { BlockList } from 'node:net';
import { ipFamily, normaliseIp, parseNetwork } from '@waystation/wire';

/** A set of addresses and networks, such as the proxies whose headers are believed. */
export class AddressSet {
  readonly #networks = new BlockList();
  readonly empty: boolean;

  private constructor(entries: readonly string[]) {
    this.empty = entries.length === 0;
    for (const entry of entries) this.#add(entry);
  }

  /** The set with nothing in it. */
  static readonly none = new AddressSet([]);

  /**
   * Reads addresses and CIDRs separated by commas or white space, such as `10.0.0.0/8, ::1`.
   * Throws an Error that names the entry it cannot read.
   */
  static parse(list: string): AddressSet {
    return new AddressSet(list.split(/[\s,]+/).filter((entry) => entry !== ''));
  }

  /** Whether the address (any spelling, also v4-mapped) is in the set. */
  has(ip: string): boolean {
    if (this.empty) return false;
    const plain = normaliseIp(ip);
    if (plain === undefined) return false;
    return this.#networks.check(plain, ipFamily(plain) === 4 ? 'ipv4' : 'ipv6');
  }

  #add(entry: string): void {
    const network = parseNetwork(entry);
    if (network === undefined) {
      throw new Error(`"${entry}" is not an IP address or a network such as 10.0.0.0/8`);
    }
    const { ip, bits } = network;
    this.#networks.addSubnet(ip, bits, ipFamily(ip) === 4 ? 'ipv4' : 'ipv6');
  }
}
