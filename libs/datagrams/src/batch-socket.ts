import { ipToBytes } from '@waystation/wire';
import type { Libc } from './libc.js';
import {
  AF_INET,
  AF_INET6,
  IPPROTO_IPV6,
  IPV6_V6ONLY,
  SOCKADDR_IN6_BYTES,
  SOCKADDR_IN_BYTES,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOL_SOCKET,
  SO_REUSEPORT,
} from './linux.js';

/** An address to bind. */
export interface BindPlace {
  /** IPv4 or IPv6 text. `::` also takes IPv4. */
  readonly ip: string;
  readonly port: number;
  readonly reusePort: boolean;
}

/** Opens and binds a UDP socket; undefined when the system refuses any of it. */
export function openBound(libc: Libc, place: BindPlace): number | undefined {
  const isV6 = place.ip.includes(':');
  const kind = SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
  const fd = libc.socket(isV6 ? AF_INET6 : AF_INET, kind, 0);
  if (fd < 0) return undefined;
  const ready =
    (!isV6 || switchOption(libc, fd, IPPROTO_IPV6, IPV6_V6ONLY, place.ip === '::' ? 0 : 1)) &&
    (!place.reusePort || switchOption(libc, fd, SOL_SOCKET, SO_REUSEPORT, 1)) &&
    bindTo(libc, fd, place);
  if (ready) return fd;
  libc.close(fd);
  return undefined;
}

/** Sets an option that takes a number; false when the system refuses. */
export function switchOption(
  libc: Libc,
  fd: number,
  level: number,
  name: number,
  value: number,
): boolean {
  const memory = new Int32Array(new ArrayBuffer(4));
  memory[0] = value;
  return libc.setsockopt(fd, level, name, libc.addressOf(memory), 4) === 0;
}

function bindTo(libc: Libc, fd: number, { ip, port }: BindPlace): boolean {
  const address = socketAddress(ip, port);
  return libc.bind(fd, libc.addressOf(address), address.length) === 0;
}

/** The port that a socket is bound to; 0 when the system does not say. */
export function boundPort(libc: Libc, fd: number): number {
  const memory = Buffer.from(new ArrayBuffer(SOCKADDR_IN6_BYTES + 4));
  memory.writeUInt32LE(SOCKADDR_IN6_BYTES, SOCKADDR_IN6_BYTES);
  const at = libc.addressOf(memory);
  return libc.getsockname(fd, at, at + BigInt(SOCKADDR_IN6_BYTES)) === 0
    ? memory.readUInt16BE(2)
    : 0;
}

/** `struct sockaddr_in` or `sockaddr_in6`. Throws RangeError when `ip` is no address. */
export function socketAddress(ip: string, port: number): Buffer {
  const bytes = ip === '::' ? Buffer.alloc(16) : ipToBytes(ip);
  const isV6 = bytes.length === 16;
  const memory = Buffer.from(new ArrayBuffer(isV6 ? SOCKADDR_IN6_BYTES : SOCKADDR_IN_BYTES));
  memory.writeUInt16LE(isV6 ? AF_INET6 : AF_INET, 0);
  memory.writeUInt16BE(port, 2);
  bytes.copy(memory, isV6 ? 8 : 4);
  return memory;
}

/**
 * Writes an address into the names of a slot without making anything: IPv4 text is by far the most
 * frequent. False when `ip` has a zone or is no address of this family.
 */
export function writeSocketAddress(
  memory: Uint8Array,
  at: number,
  isV6: boolean,
  port: number,
  ip: string,
): boolean {
  memory[at] = isV6 ? AF_INET6 : AF_INET;
  memory[at + 1] = 0;
  memory[at + 2] = port >> 8;
  memory[at + 3] = port & 0xff;
  if (!isV6) return writeIpv4(memory, at + 4, ip);
  memory.fill(0, at + 4, at + SOCKADDR_IN6_BYTES);
  if (!ip.includes(':')) {
    memory.fill(0xff, at + 18, at + 20);
    return writeIpv4(memory, at + 20, ip);
  }
  if (ip.includes('%')) return false;
  const bytes = ipToBytes(ip);
  if (bytes.length === 16) memory.set(bytes, at + 8);
  return bytes.length === 16;
}

const DOT = 0x2e;
const ZERO = 0x30;

function writeIpv4(memory: Uint8Array, at: number, ip: string): boolean {
  let octet = 0;
  let value = -1;
  for (let index = 0; index <= ip.length; index++) {
    const code = index === ip.length ? DOT : ip.charCodeAt(index);
    if (code !== DOT) {
      const digit = code - ZERO;
      if (digit < 0 || digit > 9) return false;
      value = Math.max(value, 0) * 10 + digit;
      continue;
    }
    if (value < 0 || value > 255 || octet === 4) return false;
    memory[at + octet] = value;
    octet += 1;
    value = -1;
  }
  return octet === 4;
}
