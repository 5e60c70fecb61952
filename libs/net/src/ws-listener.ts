import { createServer } from 'node:http';
import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { SocketAddress } from '@waystation/wire';
import { WebSocketServer } from 'ws';
import { openAcceptor } from './acceptor.js';
import { DEFAULT_FRAME_MS, type Listener } from './connection.js';
import { CorrelationPorts } from './correlation-ports.js';
import { Doorkeeper } from './doorkeeper.js';
import type { ListenOptions } from './listen-options.js';
import { effectiveIp } from './remote-address.js';
import { WsConnection } from './ws-connection.js';

/** Largest message that clients send or accept (protocol 1.8). */
const LONGEST_MESSAGE_BYTES = 64 * 1024 * 1024;

/** One per process: an ip and a correlation port mean one connection, whichever listener has it. */
const correlationPorts = new CorrelationPorts();

/** Listens for WebSockets (any path, any origin, no extensions) and hands each connection to `accept`. */
export async function listenWs(
  options: ListenOptions,
  accept: (connection: WsConnection) => void,
): Promise<Listener> {
  const entrance = new WsEntrance(options, accept);
  return openAcceptor(options, entrance.door, (socket, peer, early) =>
    entrance.arrive(socket, peer, early),
  );
}

class WsEntrance {
  readonly door: Doorkeeper;
  readonly #arrivals = new WeakMap<Duplex, { tcp: Socket; peer: SocketAddress }>();
  readonly #http: Server;
  readonly #webSockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    clientTracking: false,
    maxPayload: LONGEST_MESSAGE_BYTES,
  });

  constructor(
    readonly options: ListenOptions,
    readonly accept: (connection: WsConnection) => void,
  ) {
    this.door = new Doorkeeper(options);
    this.#http = createServer((_request, response) => {
      response.writeHead(426, { connection: 'close', upgrade: 'websocket' }).end();
    });
    this.#http.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
    this.#http.on('clientError', (_error, socket) => socket.destroy());
  }

  /** A trusted proxy is not limited by its own address, its clients are, once the header is read. */
  arrive(socket: Socket, peer: SocketAddress, early: Buffer): void {
    const isProxy = this.options.trustedProxies.has(peer.ip);
    if (!isProxy && !this.door.admit(peer.ip)) return void socket.destroy();
    if (!isProxy) socket.once('close', () => this.door.leave(peer.ip));
    const handshakeMs = this.options.frameMs ?? DEFAULT_FRAME_MS;
    const impatience = setTimeout(() => socket.destroy(), handshakeMs).unref();
    socket.once('close', () => clearTimeout(impatience));
    socket.once('upgraded', () => clearTimeout(impatience));
    this.#arrivals.set(socket, { tcp: socket, peer });
    if (early.length > 0) socket.unshift(early);
    this.#http.emit('connection', socket);
    socket.resume();
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => undefined);
    const arrival = this.#arrivals.get(socket);
    if (arrival === undefined) return void socket.destroy();
    const { tcp, peer } = arrival;
    const ip = effectiveIp(peer.ip, request.headers, this.options.trustedProxies);
    const isProxy = this.options.trustedProxies.has(peer.ip);
    if (isProxy && !this.door.admit(ip)) return void socket.destroy();
    if (isProxy) socket.once('close', () => this.door.leave(ip));
    const port = correlationPorts.take(ip, peer.port);
    if (port === undefined) return void socket.destroy();
    socket.once('close', () => correlationPorts.release(ip, port));
    socket.emit('upgraded');
    this.#webSockets.handleUpgrade(request, socket, head, (webSocket) => {
      this.accept(new WsConnection(webSocket, { ip, port }, tcp, this.options.frameMs));
    });
  }
}
