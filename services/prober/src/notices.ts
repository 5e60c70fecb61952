import { AddressSet } from '@waystation/net';
import type { SeenPeer } from '@waystation/state';

/** What is worth a word though every step succeeds. */
export interface Notice {
  readonly kind: 'no-host' | 'private-address' | 'gateway';
  readonly words: string;
}

/** What the notices are drawn from. */
export interface Sight {
  /** WAYSTATION_HOST; empty when it is not set. */
  readonly host: string;
  /** What it resolves to; undefined when it does not. */
  readonly address: string | undefined;
  /** A sample of the registered devices, without the prober's own. */
  readonly devices: readonly SeenPeer[];
  /** Addresses that stand for our own network. */
  readonly gateways: ReadonlySet<string>;
}

const PRIVATE = AddressSet.parse(
  '10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,100.64.0.0/10,169.254.0.0/16,127.0.0.0/8,fc00::/7,fe80::/10,::1',
);
const LOOPBACK = AddressSet.parse('127.0.0.0/8,::1');
/** So many devices behind one private address are no household any more. */
const SUSPICIOUS_DEVICES = 3;

/** What an operator should know about the addresses. Pure. */
export function noticesOf(sight: Sight): Notice[] {
  return [noHost(sight), privateAddress(sight), hiddenClients(sight)].filter(
    (notice) => notice !== undefined,
  );
}

function noHost({ host }: Sight): Notice | undefined {
  if (host !== '') return undefined;
  const words =
    'WAYSTATION_HOST is not set, so the prober tries the services inside and cannot tell whether clients outside reach them. Set it to the public name or address of this server.';
  return { kind: 'no-host', words };
}

function privateAddress({ host, address, devices }: Sight): Notice | undefined {
  if (address === undefined || !PRIVATE.has(address)) return undefined;
  const outside = devices.find(({ ip }) => !PRIVATE.has(ip));
  if (outside === undefined) return undefined;
  const words = `WAYSTATION_HOST is ${host}, a private address (${address}), but devices come from public ones such as ${outside.ip}: they cannot reach relays under that name. Set WAYSTATION_HOST to the public name or address.`;
  return { kind: 'private-address', words };
}

function hiddenClients({ devices, gateways }: Sight): Notice | undefined {
  const ips = new Set(devices.map(({ ip }) => ip));
  const [ip] = ips;
  if (ip === undefined || ips.size > 1) return undefined;
  const isShared = devices.length >= SUSPICIOUS_DEVICES && PRIVATE.has(ip) && !LOOPBACK.has(ip);
  if (!gateways.has(ip) && !isShared) return undefined;
  const whose = gateways.has(ip) ? 'the gateway of our own network' : 'one private address';
  const words = `All registered devices appear at ${ip}, ${whose}: something on the way replaces the clients' addresses, so every session takes the relay and limits meet all clients at once. With Docker use engine 23 or later and IPv4, restart the edge (docker compose restart edge), or use deploy/compose.host.yml; behind a TCP balancer set PROXY_PROTOCOL and TRUSTED_PROXIES.`;
  return { kind: 'gateway', words };
}
