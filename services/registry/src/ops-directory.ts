import type { Pages } from '@waystation/ops';
import type { OpsAddresses } from '@waystation/state';

/** One entry of Prometheus' HTTP service discovery. */
interface TargetGroup {
  readonly targets: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
}

/**
 * Lists the ops port of every replica on /sd, as Prometheus' `http_sd_configs` wants it. Replicas
 * share one address and have any port, so no name in DNS could tell them apart. While Redis is away
 * the page is an error, and Prometheus keeps the list that it has.
 */
export class OpsDirectory {
  constructor(pages: Pages, addresses: OpsAddresses) {
    pages.add('/sd', async (): Promise<TargetGroup[]> => {
      const all = await addresses.list();
      return all.map(({ replica, service, address }) => ({
        targets: [address],
        labels: { service, replica },
      }));
    });
  }
}
