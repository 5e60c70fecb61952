import type { OpsAddresses, ReplicaInfo, Replicas } from '@waystation/state';

/** A rendezvous answers at once or not at all. */
const PATIENCE_MS = 2_000;

/** The relays that live now, and what a rendezvous thinks of them. */
export class RelayList {
  constructor(
    private readonly replicas: Replicas,
    private readonly opsAddresses: OpsAddresses,
    private readonly config: { readonly metricsToken: string },
  ) {}

  /** Every living relay replica, by address. Rejects when Redis cannot be asked. */
  async list(): Promise<object[]> {
    const relays = (await this.replicas.live('relay')).map(view);
    return relays.sort((a, b) => a.address.localeCompare(b.address) || a.id.localeCompare(b.id));
  }

  /** What a rendezvous would give a caller from this address; undefined when none answers. */
  async explain(ip: string): Promise<object | undefined> {
    const places = await this.opsAddresses.list();
    for (const { service, address, replica } of places) {
      if (service !== 'rendezvous') continue;
      const choice = await this.#ask(address, ip);
      if (choice !== undefined) return { ...choice, asked: replica };
    }
    return undefined;
  }

  async #ask(address: string, ip: string): Promise<object | undefined> {
    const { metricsToken } = this.config;
    const headers: Record<string, string> =
      metricsToken === '' ? {} : { authorization: `Bearer ${metricsToken}` };
    try {
      const url = `http://${address}/relay-choice?ip=${encodeURIComponent(ip)}`;
      const answer = await fetch(url, { headers, signal: AbortSignal.timeout(PATIENCE_MS) });
      const choice: unknown = answer.ok ? await answer.json() : undefined;
      return typeof choice === 'object' && choice !== null ? choice : undefined;
    } catch {
      // That replica is just leaving; another one knows as much.
      return undefined;
    }
  }
}

function view({ id, addresses, region, load, capacity, draining, version, started }: ReplicaInfo) {
  return {
    id: String(id),
    address: addresses['public'] ?? '',
    region: region ?? '',
    sessions: load,
    capacity: capacity ?? 1,
    draining,
    version,
    started_at: started,
  };
}
