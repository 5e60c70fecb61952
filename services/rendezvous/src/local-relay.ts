import { networkInterfaces } from 'node:os';

/**
 * Relay address for peers inside MASK (option LOCAL_IP): as set, else this machine's first IPv4 address
 * that is not loopback when there is a MASK, else empty.
 */
export function localRelay(localIp: string, mask: string): string {
  if (localIp !== '' || mask === '') return localIp;
  for (const addresses of Object.values(networkInterfaces())) {
    const found = addresses?.find((address) => address.family === 'IPv4' && !address.internal);
    if (found !== undefined) return found.address;
  }
  return '';
}
