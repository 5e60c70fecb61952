import { Buffer } from 'node:buffer';
import { ipFromBytes, ipToBytes, type SocketAddress } from './socket-address.js';

const V4_BYTES = 16;
const V6_BYTES = 18;
const MASK_16 = 0xffffn;
const MASK_24 = 0xffffffn;
const MASK_32 = 0xffffffffn;

/**
 * The bytes of a `socket_addr` or `local_addr` field, which keep NAT boxes from rewriting addresses
 * inside payloads. IPv4: at most 11 bytes that hide the address behind `time`, 32 bits that no reader
 * compares with a clock, so they may be a random cookie. IPv6: 18 bytes, `time` is not used.
 */
export function mangleAddress(address: SocketAddress, time: number): Buffer {
  const ip = ipToBytes(address.ip);
  return ip.length === 4 ? mangleV4(ip, address.port, time) : mangleV6(ip, address.port);
}

/**
 * Reads what mangleAddress writes; the ip comes out normalised. Undefined for lengths that no encoder
 * produces. Empty bytes are 0.0.0.0:0, and a result with port 0 is legal on the wire: whoever wants to
 * send there uses demangleDestination.
 */
export function demangleAddress(bytes: Uint8Array): SocketAddress | undefined {
  if (bytes.length <= V4_BYTES) return demangleV4(bytes);
  if (bytes.length !== V6_BYTES) return undefined;
  const port = (bytes[16] ?? 0) + (bytes[17] ?? 0) * 256;
  return { ip: ipFromBytes(bytes.subarray(0, 16)), port };
}

/** Like demangleAddress, but undefined unless the address can be a destination: port and ip not 0. */
export function demangleDestination(bytes: Uint8Array): SocketAddress | undefined {
  const address = demangleAddress(bytes);
  return address === undefined || address.port === 0 || address.ip === '0.0.0.0'
    ? undefined
    : address;
}

function mangleV4(ip: Buffer, port: number, time: number): Buffer {
  const hidden = BigInt(time >>> 0);
  const sum = BigInt(ip.readUInt32LE()) + hidden;
  const low = BigInt(port) + (hidden & MASK_16);
  const value = (sum << 49n) | (hidden << 17n) | low;
  const out = Buffer.alloc(V4_BYTES);
  out.writeBigUInt64LE(BigInt.asUintN(64, value), 0);
  out.writeBigUInt64LE(value >> 64n, 8);
  let length = V4_BYTES;
  while (length > 0 && out[length - 1] === 0) length -= 1;
  return out.subarray(0, length);
}

function mangleV6(ip: Buffer, port: number): Buffer {
  const out = Buffer.alloc(V6_BYTES);
  ip.copy(out);
  // Little endian, unlike the address before it.
  out.writeUInt16LE(port, 16);
  return out;
}

/** Forged bytes make the differences negative; masking them wraps as clients do. */
function demangleV4(bytes: Uint8Array): SocketAddress {
  const padded = Buffer.alloc(V4_BYTES);
  padded.set(bytes);
  const value = padded.readBigUInt64LE(0) | (padded.readBigUInt64LE(8) << 64n);
  const hidden = (value >> 17n) & MASK_32;
  const octets = Buffer.alloc(4);
  octets.writeUInt32LE(Number(((value >> 49n) - hidden) & MASK_32));
  const port = Number(((value & MASK_24) - (hidden & MASK_16)) & MASK_16);
  return { ip: ipFromBytes(octets), port };
}
