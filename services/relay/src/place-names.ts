/** `host:port` for a host without a port, with brackets around an IPv6 address; empty without a host. */
export function hostAndPort(host: string, port: number): string {
  if (host === '' || /^\[.*\]:\d+$/.test(host) || /^[^:]+:\d+$/.test(host)) return host;
  return host.includes(':') && !host.startsWith('[') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** The ports of `21200` or `21200-21231`. */
export function portsOf(range: string): number[] {
  const [first = '0', last = first] = range.split('-');
  const count = Math.max(1, Number(last) - Number(first) + 1);
  return Array.from({ length: count }, (_, index) => Number(first) + index);
}
