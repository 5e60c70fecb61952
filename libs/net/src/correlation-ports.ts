const PORTS = 65_535;

/**
 * Port numbers that tell the live WebSocket connections of one ip apart. Behind a proxy the real
 * port of a client is unknown, yet replies are matched by ip and port (protocol 1.7 rule 3).
 */
export class CorrelationPorts {
  readonly #taken = new Map<string, Set<number>>();

  /** A port from 1 to 65535 that no live connection of this ip has: the wished one, else the next free. */
  take(ip: string, wish: number): number | undefined {
    const taken = this.#taken.get(ip) ?? new Set<number>();
    if (taken.size >= PORTS) return undefined;
    let port = wish >= 1 && wish <= PORTS ? wish : 1;
    while (taken.has(port)) port = (port % PORTS) + 1;
    this.#taken.set(ip, taken.add(port));
    return port;
  }

  release(ip: string, port: number): void {
    const taken = this.#taken.get(ip);
    taken?.delete(port);
    if (taken?.size === 0) this.#taken.delete(ip);
  }

  /** Addresses with at least one live port. */
  get addresses(): number {
    return this.#taken.size;
  }
}
