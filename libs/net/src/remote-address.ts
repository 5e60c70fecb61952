import type { IncomingHttpHeaders } from 'node:http';
import { normaliseIp } from '@waystation/wire';
import type { AddressSet } from './address-set.js';

/**
 * The client's ip as a WebSocket upgrade tells it. Headers count only when the TCP peer is a
 * trusted proxy (protocol 1.7); `X-Real-IP` wins over `X-Forwarded-For`. Without a usable header the
 * answer is the TCP peer itself.
 */
export function effectiveIp(
  peerIp: string,
  headers: IncomingHttpHeaders,
  trusted: AddressSet,
): string {
  if (!trusted.has(peerIp)) return peerIp;
  const real = headers['x-real-ip'];
  if (typeof real === 'string' && real.trim() !== '') return forwardedEntry(real) ?? peerIp;
  const forwarded = headers['x-forwarded-for'];
  if (forwarded === undefined) return peerIp;
  const chain = Array.isArray(forwarded) ? forwarded.join(',') : forwarded;
  return firstUntrusted(chain.split(','), trusted) ?? peerIp;
}

/** Walks the chain from the nearest hop outwards; an entry that is no address ends the walk. */
function firstUntrusted(chain: readonly string[], trusted: AddressSet): string | undefined {
  for (const entry of chain.toReversed()) {
    const ip = forwardedEntry(entry);
    if (ip === undefined) return undefined;
    if (!trusted.has(ip)) return ip;
  }
  return undefined;
}

/** One header entry without brackets, port and v4-mapped prefix; undefined when it is no address. */
export function forwardedEntry(text: string): string | undefined {
  const entry = text.trim();
  const bracketed = /^\[([^\]]+)\](?::\d{1,5})?$/.exec(entry);
  if (bracketed?.[1] !== undefined) return normaliseIp(bracketed[1]);
  const withPort = /^(\d{1,3}(?:\.\d{1,3}){3}):\d{1,5}$/.exec(entry);
  return normaliseIp(withPort?.[1] ?? entry);
}
