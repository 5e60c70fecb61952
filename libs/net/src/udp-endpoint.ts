import { createSocket } from 'node:dgram';
import type { RemoteInfo, Socket } from 'node:dgram';
import { lacksIpv6, listenError } from './bind.js';

/** Where to listen for datagrams. */
export interface UdpOptions {
  /** Address to bind; by default every address, IPv6 and IPv4 on one socket. */
  readonly host?: string | undefined;
  /** 0 takes any free port. */
  readonly port: number;
  /** Let several replicas on one host share the port; the kernel spreads flows over them. */
  readonly reusePort: boolean;
  /** Kernel receive buffer asked for; the kernel caps it at net.core.rmem_max. */
  readonly receiveBufferBytes?: number;
}

/** Takes one datagram; IPv4 sources are plain IPv4 text on a dual-stack socket too. */
export type OnDatagram = (data: Buffer, ip: string, port: number) => void;

const MAPPED = '::ffff:';

/** One UDP socket: answers leave from the port that the question came to. */
export class UdpEndpoint {
  readonly port: number;
  readonly #socket: Socket;
  readonly #dualStack: boolean;
  #closed = false;

  constructor(socket: Socket, dualStack: boolean) {
    this.#socket = socket;
    this.#dualStack = dualStack;
    this.port = socket.address().port;
  }

  /** Fire and forget: a datagram the kernel refuses is lost, as one on the way would be. */
  send(bytes: Uint8Array, port: number, ip: string): void {
    // Anybody can send a datagram from port 0; node:dgram throws when it is to answer one.
    if (port === 0 || this.#closed) return;
    const target = this.#dualStack && !ip.includes(':') ? MAPPED + ip : ip;
    this.#socket.send(bytes, port, target, ignore);
  }

  /** Receive buffer that the kernel granted, in bytes. */
  get receiveBufferBytes(): number {
    return this.#socket.getRecvBufferSize();
  }

  close(): Promise<void> {
    this.#closed = true;
    return new Promise((resolve) => this.#socket.close(() => resolve()));
  }
}

/** Opens a UDP socket. Rejects with one sentence that names the address and the port. */
export async function openUdp(options: UdpOptions, onDatagram: OnDatagram): Promise<UdpEndpoint> {
  if (options.host !== undefined) return openOn(options.host, options, onDatagram);
  try {
    return await openOn('::', options, onDatagram);
  } catch (error) {
    if (!lacksIpv6(error)) throw error;
    return openOn('0.0.0.0', options, onDatagram);
  }
}

function openOn(host: string, options: UdpOptions, onDatagram: OnDatagram): Promise<UdpEndpoint> {
  const isV6 = host.includes(':');
  const socket = createSocket({
    type: isV6 ? 'udp6' : 'udp4',
    reusePort: options.reusePort,
    ...(options.receiveBufferBytes ? { recvBufferSize: options.receiveBufferBytes } : {}),
    // Targets are always addresses; the default would ask the resolver about each of them.
    lookup: (address, _options, callback) => callback(null, address, isV6 ? 6 : 4),
  });
  socket.on('message', (data: Buffer, from: RemoteInfo) => {
    onDatagram(data, plainIp(from.address), from.port);
  });
  return new Promise((resolve, reject) => {
    socket.once('error', (error) => reject(listenError(error, host, options.port)));
    socket.bind({ address: host, port: options.port }, () => {
      socket.removeAllListeners('error');
      socket.on('error', ignore);
      resolve(new UdpEndpoint(socket, isV6));
    });
  });
}

function plainIp(address: string): string {
  const isMapped = address.startsWith(MAPPED) && address.includes('.');
  return isMapped ? address.slice(MAPPED.length) : address;
}

function ignore(): void {}
