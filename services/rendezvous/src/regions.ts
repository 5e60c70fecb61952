import { AddressSet } from '@waystation/net';

/** Which region a client is in, by the networks that the operator has named. */
export class Regions {
  private constructor(
    private readonly networks: readonly { readonly set: AddressSet; readonly region: string }[],
    private readonly own: string,
  ) {}

  /**
   * Reads entries such as `10.1.0.0/16=eu-west`; throws an Error that names one it cannot read.
   *
   * @param own the region of clients outside all networks
   */
  static parse(entries: readonly string[], own: string): Regions {
    const networks = entries.map((entry) => {
      const [network = '', region = ''] = entry.split('=');
      return { set: AddressSet.parse(network), region };
    });
    return new Regions(networks, own);
  }

  /** The first network that holds the address decides. */
  of(ip: string): string {
    return this.networks.find(({ set }) => set.has(ip))?.region ?? this.own;
  }
}
