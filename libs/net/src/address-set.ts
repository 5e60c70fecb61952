import { BlockList } from 'node:net';
import { ipFamily, normaliseIp } from '@waystation/wire';

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
    const [address = '', prefix, ...more] = entry.split('/');
    const ip = normaliseIp(address);
    if (ip === undefined || more.length > 0) throw badEntry(entry);
    const bits = ipFamily(ip) === 4 ? 32 : 128;
    const length = prefix === undefined ? bits : prefixLength(entry, prefix, bits);
    this.#networks.addSubnet(ip, length, bits === 32 ? 'ipv4' : 'ipv6');
  }
}

function prefixLength(entry: string, prefix: string, bits: number): number {
  if (!/^\d{1,3}$/.test(prefix) || Number(prefix) > bits) throw badEntry(entry);
  return Number(prefix);
}

function badEntry(entry: string): Error {
  return new Error(`"${entry}" is not an IP address or a network such as 10.0.0.0/8`);
}
