/**
 * The n-th (0…65,023) of many loopback addresses, 127.64.0.1 and up: to a server each is a client from
 * another public address. Servers still know 127.0.0.0/8 as loopback: a heartbeat from a changed
 * loopback address is not "a changed public address" (protocol 6.1), and the consoles of p-1 and q, when
 * they are on, answer it.
 */
export function loopbackAddress(n: number): string {
  return `127.64.${String(Math.floor(n / 254))}.${String((n % 254) + 1)}`;
}
