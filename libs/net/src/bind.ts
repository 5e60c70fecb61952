import type { Server } from 'node:net';

/** Waiting connections the kernel may hold; it caps the number at net.core.somaxconn. */
const BACKLOG = 4096;

/** Where to listen. */
export interface Place {
  readonly host?: string | undefined;
  readonly port: number;
  readonly reusePort: boolean;
}

/**
 * Binds a TCP or HTTP server and answers its port. Without a host it takes IPv6 and IPv4 on one
 * socket, or IPv4 alone where the machine has no IPv6. Rejects with one sentence that names the
 * address and the port.
 */
export async function bind(server: Server, place: Place): Promise<number> {
  if (place.host !== undefined) return bindHost(server, place.host, place);
  try {
    return await bindHost(server, '::', place);
  } catch (error) {
    if (!lacksIpv6(error)) throw error;
    return bindHost(server, '0.0.0.0', place);
  }
}

function bindHost(server: Server, host: string, place: Place): Promise<number> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => reject(listenError(error, host, place.port));
    server.once('error', fail);
    server.listen({ host, port: place.port, reusePort: place.reusePort, backlog: BACKLOG }, () => {
      server.removeListener('error', fail);
      const address = server.address();
      resolve(address !== null && typeof address === 'object' ? address.port : place.port);
    });
  });
}

/** True for the errors of a machine whose kernel has no IPv6. */
export function lacksIpv6(error: unknown): boolean {
  const code = codeOf(error);
  return code === 'EAFNOSUPPORT' || code === 'EADDRNOTAVAIL' || code === 'EINVAL';
}

const REMEDIES: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program already uses it',
  EACCES: 'this user may not open that port',
  EADDRNOTAVAIL: 'this machine does not have that address',
};

/** The same failure as one sentence that names address and port; keeps the code. */
export function listenError(error: unknown, host: string, port: number): Error {
  const code = codeOf(error);
  const where = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  const why = (code === undefined ? undefined : REMEDIES[code]) ?? String(error);
  return Object.assign(new Error(`cannot listen on ${where}: ${why}`, { cause: error }), { code });
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
}
