import { readFileSync } from 'node:fs';

/** Linux' IPv4 routing table: one line per route, addresses as little-endian hexadecimal. */
const ROUTE_TABLE = '/proc/net/route';

/** The default gateways of this machine; none where the system has no such table. */
export function defaultGateways(table = ROUTE_TABLE): string[] {
  let text: string;
  try {
    text = readFileSync(table, 'utf8');
  } catch {
    // Not Linux: then there is no container network of ours either.
    return [];
  }
  return parseRoutes(text);
}

function parseRoutes(text: string): string[] {
  const gateways: string[] = [];
  for (const line of text.split('\n').slice(1)) {
    const [, destination, gateway] = line.split(/\s+/);
    if (destination !== '00000000' || gateway === undefined || gateway === '00000000') continue;
    const octets = Buffer.from(gateway, 'hex').reverse();
    if (octets.length === 4) gateways.push(octets.join('.'));
  }
  return gateways;
}
