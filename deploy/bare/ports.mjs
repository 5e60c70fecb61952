import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import { Stop } from './say.mjs';

/**
 * Makes sure that nobody has the ports yet. The services open them in a shared way (several replicas
 * on one port), so a second start by the same user would succeed and take half of the clients.
 * Throws Stop naming the port and the remedy.
 */
export async function requireFreePorts(ports, host) {
  for (const { kind, port, setting } of ports) {
    const code = await (kind === 'udp' ? tryUdp(port, host) : tryTcp(port, host));
    if (code === undefined) continue;
    const where = `${kind.toUpperCase()} port ${port}`;
    if (code === 'EADDRINUSE') {
      throw new Stop(
        `${where} is taken by another program: end it (perhaps an earlier start, or a container) or change ${setting}.`,
      );
    }
    throw new Stop(`${where} cannot be opened (${code}): change ${setting} or BIND.`);
  }
}

function tryTcp(port, host) {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', (error) => resolve(error.code));
    probe.listen({ port, host: host || undefined }, () => probe.close(() => resolve(undefined)));
  });
}

function tryUdp(port, host) {
  return new Promise((resolve) => {
    const probe = createSocket(host && !host.includes(':') ? 'udp4' : 'udp6');
    probe.once('error', (error) => {
      probe.close();
      // a machine without IPv6 says so here; the services then listen on IPv4 alone
      resolve(error.code === 'EAFNOSUPPORT' ? undefined : error.code);
    });
    probe.bind({ port, address: host || undefined, exclusive: true }, () =>
      probe.close(() => resolve(undefined)),
    );
  });
}
