import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { normaliseIp } from '@waystation/wire';
import type { SocketAddress } from '@waystation/wire';
import { bind } from './bind.js';
import type { Listener } from './connection.js';
import type { Doorkeeper } from './doorkeeper.js';
import type { ListenOptions } from './listen-options.js';
import { readProxyHeader } from './proxy-header-reader.js';

/** A paused socket, who is at its other end, and the bytes already read behind a PROXY header. */
export type Arrive = (socket: Socket, peer: SocketAddress, early: Buffer) => void;

const NOTHING = Buffer.alloc(0);

/** Listens for TCP and hands out sockets with their true peer address; reads PROXY headers if told to. */
export async function openAcceptor(
  options: ListenOptions,
  door: Doorkeeper,
  arrive: Arrive,
): Promise<Listener> {
  const server = createServer({ pauseOnConnect: true, allowHalfOpen: true, noDelay: true });
  server.on('connection', (socket) => {
    // A socket may fail before anything else listens; 'close' follows and cleans up.
    socket.on('error', () => undefined);
    const peer = peerOf(socket);
    if (peer === undefined) return void socket.destroy();
    if (options.proxyProtocol !== true) return arrive(socket, peer, NOTHING);
    if (!options.trustedProxies.has(peer.ip)) {
      door.refuse('not-a-proxy', peer.ip);
      return void socket.destroy();
    }
    readProxyHeader(socket, (source, early) => {
      if (source !== 'bad') return arrive(socket, source ?? peer, early);
      door.refuse('bad-proxy-header', peer.ip);
      socket.destroy();
    });
  });
  const port = await bind(server, options);
  return {
    port,
    get connections() {
      return door.inside;
    },
    close: () => closeServer(server),
  };
}

/** The TCP peer with a v4-mapped address in IPv4 form; undefined when it has left already. */
function peerOf(socket: Socket): SocketAddress | undefined {
  const { remoteAddress, remotePort } = socket;
  const ip = remoteAddress === undefined ? undefined : normaliseIp(withoutZone(remoteAddress));
  return ip === undefined || remotePort === undefined ? undefined : { ip, port: remotePort };
}

/** Link-local peers come with an interface name behind `%`, which no other replica understands. */
function withoutZone(address: string): string {
  const percent = address.indexOf('%');
  return percent < 0 ? address : address.slice(0, percent);
}

/** The listening descriptor closes at once; the server's own 'close' would wait for every connection. */
function closeServer(server: Server): Promise<void> {
  server.close();
  return Promise.resolve();
}
