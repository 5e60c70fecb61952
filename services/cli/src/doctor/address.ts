import { lookup } from 'node:dns/promises';
import { AddressSet } from '@waystation/net';
import { isLoopback, normaliseIp } from '@waystation/wire';
import { reasonOf } from '@waystation/ops';
import { about, type Finding } from './finding.js';

const { ok, warn, fail } = about('address');

/** Networks that the internet does not reach (RFC 1918, 3927, 4193, 4291, 6598). */
const PRIVATE = AddressSet.parse(
  '10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 169.254.0.0/16 100.64.0.0/10 fc00::/7 fe80::/10',
);

/** Looks at the name that this server tells clients. */
export async function checkAddress(host: string): Promise<Finding> {
  if (host === '') {
    return warn(
      'WAYSTATION_HOST is empty, so clients are told an address that this machine believes it has: set it to the public name.',
    );
  }
  const addresses = await resolved(host);
  if (typeof addresses === 'string') {
    return fail(
      `${host} has no address (${addresses}): correct WAYSTATION_HOST, or its DNS entry.`,
    );
  }
  const shown = addresses.includes(host) ? host : `${host} is ${addresses.join(', ')}`;
  if (addresses.some(isLoopback)) {
    return fail(
      `${shown} is an address that every client takes for itself: set WAYSTATION_HOST to the public name.`,
    );
  }
  if (addresses.every((address) => PRIVATE.has(address))) {
    return warn(`${shown}: clients outside of your own networks cannot reach it.`);
  }
  return ok(`${shown}.`);
}

/** All addresses of a name, or why there are none. */
async function resolved(host: string): Promise<string[] | string> {
  const literal = normaliseIp(host.replace(/^\[|\]$/g, ''));
  if (literal !== undefined) return [literal];
  try {
    return (await lookup(host, { all: true })).map(
      ({ address }) => normaliseIp(address) ?? address,
    );
  } catch (error) {
    return reasonOf(error);
  }
}
