import { normaliseIp } from '@waystation/wire';
import type { SocketAddress } from '@waystation/wire';

/** First 12 bytes of a version 2 header (PROXY protocol specification, section 2.2). */
const SIGNATURE_V2 = Buffer.from('0d0a0d0a000d0a515549540a', 'hex');
/** Longest version 1 line with its CRLF, and the fixed part of a version 2 header. */
const LONGEST_V1_BYTES = 107;
const FIXED_V2_BYTES = 16;
/** Address block plus TLVs; balancers send a few hundred bytes at most. */
const LONGEST_V2_BYTES = 2048;
const PREFIX_V1 = Buffer.from('PROXY ');

/** `source` is undefined when the proxy speaks for itself (LOCAL, UNKNOWN, UNSPEC). */
export interface ProxyHeader {
  readonly source: SocketAddress | undefined;
  /** Bytes of the input that belong to the header. */
  readonly bytes: number;
}

/**
 * Reads a PROXY protocol header, version 1 or 2, from the start of a connection. Answers `more`
 * while it is incomplete and `bad` as soon as it cannot become a header for TCP.
 */
export function parseProxyHeader(input: Buffer): ProxyHeader | 'more' | 'bad' {
  if (input.length === 0) return 'more';
  if (startsLike(input, SIGNATURE_V2)) return parseV2(input);
  if (startsLike(input, PREFIX_V1)) return parseV1(input);
  return 'bad';
}

function startsLike(input: Buffer, prefix: Buffer): boolean {
  const length = Math.min(input.length, prefix.length);
  return input.subarray(0, length).equals(prefix.subarray(0, length));
}

function parseV1(input: Buffer): ProxyHeader | 'more' | 'bad' {
  const end = input.subarray(0, LONGEST_V1_BYTES).indexOf('\r\n');
  if (end < 0) return input.length < LONGEST_V1_BYTES ? 'more' : 'bad';
  const fields = input.toString('latin1', 0, end).split(' ');
  const bytes = end + 2;
  if (fields[1] === 'UNKNOWN') return { source: undefined, bytes };
  if ((fields[1] !== 'TCP4' && fields[1] !== 'TCP6') || fields.length !== 6) return 'bad';
  const source = addressOf(fields[2], fields[4]);
  const target = addressOf(fields[3], fields[5]);
  if (source === undefined || target === undefined) return 'bad';
  return { source, bytes };
}

function addressOf(ipText = '', portText = ''): SocketAddress | undefined {
  const ip = normaliseIp(ipText);
  const port = Number(portText);
  if (ip === undefined || !/^\d{1,5}$/.test(portText) || port > 65_535) return undefined;
  return { ip, port };
}

function parseV2(input: Buffer): ProxyHeader | 'more' | 'bad' {
  if (input.length < FIXED_V2_BYTES) return 'more';
  const versionAndCommand = input.readUInt8(12);
  const bytes = FIXED_V2_BYTES + input.readUInt16BE(14);
  if (versionAndCommand >> 4 !== 2 || bytes > LONGEST_V2_BYTES) return 'bad';
  if (input.length < bytes) return 'more';
  const command = versionAndCommand & 15;
  if (command > 1) return 'bad';
  if (command === 0) return { source: undefined, bytes };
  return sourceV2(input.readUInt8(13), input.subarray(FIXED_V2_BYTES, bytes), bytes);
}

function sourceV2(family: number, block: Buffer, bytes: number): ProxyHeader | 'bad' {
  if (family === 0x00) return { source: undefined, bytes };
  if (family === 0x11 && block.length >= 12) {
    const ip = block.subarray(0, 4).join('.');
    return { source: { ip, port: block.readUInt16BE(8) }, bytes };
  }
  if (family === 0x21 && block.length >= 36) {
    const ip = normaliseIp(groupsOf(block.subarray(0, 16)));
    if (ip === undefined) return 'bad';
    return { source: { ip, port: block.readUInt16BE(32) }, bytes };
  }
  return 'bad';
}

function groupsOf(address: Buffer): string {
  return Array.from({ length: 8 }, (_, i) => address.readUInt16BE(i * 2).toString(16)).join(':');
}
