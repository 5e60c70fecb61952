import { Buffer } from 'node:buffer';

/** An address as it is compared, stored and logged: `ip` is always the text that normaliseIp makes. */
export interface SocketAddress {
  readonly ip: string;
  readonly port: number;
}

const MAPPED_V4 = '::ffff:';

/**
 * The one spelling of an address: v6 compressed and in lower case without zone, and plain IPv4 for the
 * mapped (`::ffff:a.b.c.d`) and compatible (`::a.b.c.d`, also `::`) forms. `::1` stays. Undefined when
 * `text` is no address.
 */
export function normaliseIp(text: string): string | undefined {
  // The two forms in which sockets report IPv4 are answered without building bytes.
  const plain = text.startsWith(MAPPED_V4) ? text.slice(MAPPED_V4.length) : text;
  if (readV4(plain) !== undefined) return plain;
  const bytes = parseIp(text);
  return bytes === undefined ? undefined : ipFromBytes(bytes);
}

/** 4 or 16 bytes in network order of a normalised ip. Throws RangeError when `ip` is no address. */
export function ipToBytes(ip: string): Buffer {
  const bytes = parseIp(ip);
  if (bytes === undefined) throw new RangeError('not an IP address');
  return bytes;
}

/** The normalised text of 4 or 16 bytes in network order; 16 bytes may come out as IPv4. */
export function ipFromBytes(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.');
  const tail = embeddedV4(bytes);
  return tail === undefined ? compressV6(bytes) : tail.join('.');
}

/** `1.2.3.4:5`, `[2001:db8::1]:5`. */
export function formatAddress(address: SocketAddress): string {
  const { ip, port } = address;
  return ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`;
}

/** Family of a normalised ip. */
export function ipFamily(ip: string): 4 | 6 {
  return ip.includes(':') ? 6 : 4;
}

/** Whether a normalised ip is 127.0.0.0/8 or ::1. */
export function isLoopback(ip: string): boolean {
  return ip === '::1' || ip.startsWith('127.');
}

/** What limits count by: an IPv4 address, or the /64 of an IPv6 one, since a host owns all of that. */
export function limiterKey(ip: string): string {
  if (ipFamily(ip) === 4) return ip;
  const network = Buffer.alloc(16);
  ipToBytes(ip).copy(network, 0, 0, 8);
  return `${compressV6(network)}/64`;
}

/** Whether `bytes` is a usable socket_addr_v6: 16 address bytes inside 2000::/3 and a port above 0. */
export function isGlobalUnicastV6Endpoint(bytes: Uint8Array): boolean {
  if (bytes.length !== 18) return false;
  const [first = 0] = bytes;
  return first >> 5 === 1 && (bytes[16] !== 0 || bytes[17] !== 0);
}

function parseIp(text: string): Buffer | undefined {
  if (!text.includes(':')) return parseV4(text);
  const zone = text.indexOf('%');
  const bytes = parseV6(zone === -1 ? text : text.slice(0, zone));
  return bytes === undefined ? undefined : (embeddedV4(bytes) ?? bytes);
}

function parseV4(text: string): Buffer | undefined {
  const value = readV4(text);
  if (value === undefined) return undefined;
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** Strictly four decimal numbers without leading zeros, which would be octal to some readers. */
function readV4(text: string): number | undefined {
  const parts = text.length <= 15 ? text.split('.') : [];
  if (parts.length !== 4) return undefined;
  let value = 0;
  for (const part of parts) {
    const octet = Number(part);
    if (!(octet >= 0 && octet <= 255) || String(octet) !== part) return undefined;
    value = value * 256 + octet;
  }
  return value;
}

function parseV6(text: string): Buffer | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const head = groupBytes(halves[0] ?? '', halves.length === 1);
  const tail = groupBytes(halves[1] ?? '', true);
  if (head === undefined || tail === undefined) return undefined;
  const missing = 16 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 2) return undefined;
  return Buffer.concat([head, Buffer.alloc(missing), tail]);
}

/** The bytes of groups joined by single colons; only the last one may be dotted IPv4. */
function groupBytes(text: string, endsAddress: boolean): Buffer | undefined {
  if (text === '') return Buffer.alloc(0);
  const groups = text.split(':');
  const pieces: Buffer[] = [];
  for (const [index, group] of groups.entries()) {
    const last = endsAddress && index === groups.length - 1;
    const piece = last && group.includes('.') ? parseV4(group) : parseGroup(group);
    if (piece === undefined) return undefined;
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

function parseGroup(group: string): Buffer | undefined {
  if (!/^[0-9a-f]{1,4}$/i.test(group)) return undefined;
  return Buffer.from(group.padStart(4, '0'), 'hex');
}

/** The last 4 bytes if the 16 are an IPv4-mapped or IPv4-compatible address other than ::1. */
function embeddedV4(bytes: Uint8Array): Buffer | undefined {
  for (let index = 0; index < 10; index += 1) if (bytes[index] !== 0) return undefined;
  const marker = (bytes[10] ?? 0) * 256 + (bytes[11] ?? 0);
  const tail = Buffer.from(bytes.subarray(12, 16));
  if (marker === 0xffff) return tail;
  return marker === 0 && tail.readUInt32BE() !== 1 ? tail : undefined;
}

/** RFC 5952: lower case, no leading zeros, the first longest run of two or more zero groups as `::`. */
function compressV6(bytes: Uint8Array): string {
  const groups = Array.from({ length: 8 }, (_, index) =>
    ((bytes[index * 2] ?? 0) * 256 + (bytes[index * 2 + 1] ?? 0)).toString(16),
  );
  const run = longestZeroRun(groups);
  if (run.length < 2) return groups.join(':');
  const head = groups.slice(0, run.start).join(':');
  return `${head}::${groups.slice(run.start + run.length).join(':')}`;
}

function longestZeroRun(groups: readonly string[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  let length = 0;
  for (const [index, group] of groups.entries()) {
    length = group === '0' ? length + 1 : 0;
    if (length > best.length) best = { start: index - length + 1, length };
  }
  return best;
}
