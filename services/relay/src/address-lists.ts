import { AddressSet } from '@waystation/net';
import type { ListedNetwork, RelayList } from '@waystation/state';

type Networks = Readonly<Record<RelayList, readonly string[]>>;

/**
 * Who is slowed down and who is refused (protocol 7.7). What stands in this replica's files holds until
 * it restarts; what operators list for all relays comes and goes.
 */
export class AddressLists {
  readonly #files: Networks;
  #sets: Readonly<Record<RelayList, AddressSet>>;

  constructor(files: Networks = { blacklist: [], blocklist: [] }) {
    this.#files = files;
    this.#sets = setsOf(files);
  }

  /** Takes what operators list now, in place of what they listed before. */
  replace(listed: Readonly<Record<RelayList, readonly ListedNetwork[]>>): void {
    const all = (list: RelayList): string[] => [
      ...this.#files[list],
      ...listed[list].map(({ network }) => network),
    ];
    this.#sets = setsOf({ blacklist: all('blacklist'), blocklist: all('blocklist') });
  }

  /** On the blacklist: its sessions get the low bandwidth. */
  isSlowed(ip: string): boolean {
    return this.#sets.blacklist.has(ip);
  }

  /** On the blocklist: it gets nothing at all. */
  isRefused(ip: string): boolean {
    return this.#sets.blocklist.has(ip);
  }
}

function setsOf({ blacklist, blocklist }: Networks): Record<RelayList, AddressSet> {
  return {
    blacklist: AddressSet.parse(blacklist.join(',')),
    blocklist: AddressSet.parse(blocklist.join(',')),
  };
}
