import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';

// Below Linux' ephemeral range (32768…), so that no outgoing connection takes a port between our look and its use.
const LOWEST = 10_240;
const HIGHEST = 32_000;
const TRIES = 200;

// What this process handed out already; it may not be bound yet.
const handedOut = new Set<number>();

/** The ports of one rendezvous and one relay, as far apart as clients expect them (p-1, p, p+2; q, q+2). */
export interface ServerPorts {
  readonly rendezvous: number;
  readonly relay: number;
}

/** One port that is free for TCP and UDP on all addresses at this moment. */
export async function freePort(): Promise<number> {
  return freePortBlock([0]);
}

/** `count` different free ports. */
export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) ports.add(await freePort());
  return [...ports];
}

/** A base port such that base + every offset is free for TCP and UDP. Throws after 200 random tries. */
export async function freePortBlock(offsets: readonly number[]): Promise<number> {
  for (let tries = 0; tries < TRIES; tries++) {
    const base = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST));
    const ports = offsets.map((offset) => base + offset);
    if (ports.some((port) => handedOut.has(port))) continue;
    const free = await Promise.all(ports.map(isFree));
    if (!free.every(Boolean)) continue;
    for (const port of ports) handedOut.add(port);
    return base;
  }
  throw new Error(`no free block of ports in ${String(LOWEST)}–${String(HIGHEST)}`);
}

/** Ports laid out like the real ones: p-1, p, p+2 for a rendezvous and q = p+1, q+2 = p+3 for a relay. */
export async function freeServerPorts(): Promise<ServerPorts> {
  const rendezvous = await freePortBlock([-2, -1, 0, 1, 2, 3]);
  return { rendezvous, relay: rendezvous + 1 };
}

/** True when `port` can be bound by TCP and by UDP right now. */
export async function isFree(port: number): Promise<boolean> {
  return (await tcpIsFree(port)) && (await udpIsFree(port));
}

function tcpIsFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => {
      resolve(false);
    });
    server.listen({ port, exclusive: true }, () => {
      server.close(() => {
        resolve(true);
      });
    });
  });
}

function udpIsFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    socket.once('error', () => {
      socket.close();
      resolve(false);
    });
    socket.bind({ port, exclusive: true }, () => {
      socket.close(() => {
        resolve(true);
      });
    });
  });
}
