import { BadValue } from './config-error.js';

const MOST_PORT = 65_535;

/** Throws BadValue for what is no IP address. */
export function checkAddress(text: string): void {
  if (familyOf(text) === undefined) throw new BadValue('must be an IP address');
}

/** Throws BadValue for what is no IPv4 network. */
export function checkIpv4Network(text: string): void {
  if (!isNetwork(text) || familyOf(text.split('/')[0] ?? '') !== 4 || !text.includes('/')) {
    throw new BadValue('must be a network such as 192.168.0.0/16');
  }
}

/** Throws BadValue for a URL that cannot be read as one. */
export function checkUrl(text: string): void {
  try {
    const { username, password } = new URL(text);
    decodeURIComponent(`${username}${password}`);
  } catch {
    // the text may hold a password, so nothing of it is repeated
    throw new BadValue('must be a URL; special characters in a password are written as in %40');
  }
}

/** Whether it is an address, or a network as in `10.0.0.0/8`. */
export function isNetwork(text: string): boolean {
  const [address = '', bits, ...more] = text.split('/');
  const family = familyOf(address);
  if (family === undefined || more.length > 0) return false;
  return (
    bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128))
  );
}

/** Whether it is `host`, `host:port`, an IPv6 address or `[address]:port`. */
export function isPlace(text: string): boolean {
  if (familyOf(text) !== undefined) return true;
  const [, v6, name, port = '1'] =
    /^(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9._-]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const isHost = v6 === undefined ? name !== undefined : familyOf(v6) === 6;
  return isHost && Number(port) >= 1 && Number(port) <= MOST_PORT;
}

/** Throws BadValue for what is no place as isPlace has it. */
export function checkPlace(text: string): void {
  if (!isPlace(text)) throw new BadValue('must be a host and its port, from 1 to 65535');
}

/** Throws BadValue for what is no port, no range of them as in `21200-21231`, and not 0. */
export function checkPortRange(text: string): void {
  const [, first = '', last = first] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text) ?? [];
  const [from, to] = [Number(first), Number(last)];
  if (text === '0' || (from >= 1 && from <= to && to <= MOST_PORT)) return;
  throw new BadValue('must be a port, or a range such as 21200-21231');
}

/** Which kind of IP address it is; undefined for none. */
export function familyOf(text: string): 4 | 6 | undefined {
  const parts = text.split('.');
  if (parts.length === 4 && parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256)) {
    return 4;
  }
  // the one reader of IPv6 at hand here, which opens no socket
  return /^[0-9A-Fa-f:.]+$/.test(text) && URL.canParse(`http://[${text}]`) ? 6 : undefined;
}
