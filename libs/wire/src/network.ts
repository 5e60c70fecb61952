import { ipFamily, ipFromBytes, ipToBytes, normaliseIp } from './socket-address.js';

/** Addresses that begin alike. */
export interface Network {
  /** The first of them, normalised. */
  readonly ip: string;
  /** How many bits all of them share: 0 to 32, for IPv6 to 128. */
  readonly bits: number;
}

/** Reads `10.0.0.0/8`, `2001:db8::/32` or a single address; undefined when it is something else. */
export function parseNetwork(text: string): Network | undefined {
  const [address = '', prefix, ...more] = text.split('/');
  // Alone it is IPv4's 0.0.0.0, with a length behind it the beginning of IPv6.
  const ip = address === '::' && prefix !== undefined ? address : normaliseIp(address);
  if (ip === undefined || more.length > 0) return undefined;
  const most = ipFamily(ip) === 4 ? 32 : 128;
  if (prefix === undefined) return { ip, bits: most };
  const bits = Number(prefix);
  if (!/^\d{1,3}$/.test(prefix) || bits > most) return undefined;
  return { ip: firstAddress(ip, bits), bits };
}

/** The one spelling of a network; a single address stands without `/32` or `/128`. */
export function formatNetwork({ ip, bits }: Network): string {
  return bits === (ipFamily(ip) === 4 ? 32 : 128) ? ip : `${ip}/${bits}`;
}

function firstAddress(ip: string, bits: number): string {
  const bytes = ipToBytes(ip);
  for (const [index, byte] of bytes.entries()) {
    const kept = Math.min(8, Math.max(0, bits - index * 8));
    bytes[index] = byte & (0xff00 >> kept) & 0xff;
  }
  const first = ipFromBytes(bytes);
  return ipFamily(first) === ipFamily(ip) ? first : '::';
}
