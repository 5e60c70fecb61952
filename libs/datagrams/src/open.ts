import { createSocket } from 'node:dgram';
import type { Socket } from 'node:dgram';
import { endianness } from 'node:os';
import { openUdp } from '@waystation/net';
import type { OnDatagram, UdpEndpoint, UdpOptions } from '@waystation/net';
import { BatchEndpoint } from './batch-endpoint.js';
import { openBound } from './batch-socket.js';
import type { DatagramEndpoint } from './datagram-endpoint.js';
import { openLibc, type Libc } from './libc.js';
import { checkBatches } from './self-check.js';

/** Where to listen, and how. */
export interface DatagramOptions extends UdpOptions {
  /** False: one datagram per system call, through node:dgram. Default: batches where they work. */
  readonly batches?: boolean;
}

/**
 * Opens a UDP socket. Moves datagrams in batches where this system and this Node can do that, which
 * is tried out first, and through node:dgram everywhere else. Rejects with one sentence that names
 * the address and the port.
 */
export async function openDatagrams(
  options: DatagramOptions,
  onDatagram: OnDatagram,
): Promise<DatagramEndpoint> {
  const libc = options.batches === false ? undefined : batchLibc();
  const endpoint = libc && (await openBatches(libc, options, onDatagram));
  return endpoint ?? new PlainEndpoint(await openUdp(options, onDatagram));
}

let tried: { readonly libc: Libc | undefined } | undefined;

/** Libc, if batches work on this system; found out once. */
function batchLibc(): Libc | undefined {
  tried ??= { libc: tryLibc() };
  return tried.libc;
}

function tryLibc(): Libc | undefined {
  const is64BitLinux = process.platform === 'linux' && ['x64', 'arm64'].includes(process.arch);
  if (!is64BitLinux || endianness() !== 'LE') return undefined;
  try {
    const libc = openLibc();
    checkBatches(libc);
    return libc;
  } catch {
    // No FFI in this Node, or a sandbox that forbids it: node:dgram does the same, more slowly.
    return undefined;
  }
}

/** Undefined when the address cannot be bound this way: openUdp tries again and says why. */
async function openBatches(
  libc: Libc,
  options: DatagramOptions,
  onDatagram: OnDatagram,
): Promise<BatchEndpoint | undefined> {
  const { host, port, reusePort } = options;
  for (const ip of host === undefined ? ['::', '0.0.0.0'] : [host]) {
    const fd = openBound(libc, { ip, port, reusePort });
    if (fd === undefined) continue;
    const isV6 = ip.includes(':');
    const socket = await adopt(fd, isV6, options.receiveBufferBytes);
    if (socket === undefined) libc.close(fd);
    else return new BatchEndpoint({ libc, fd, isV6, socket }, onDatagram);
  }
  return undefined;
}

/** A node:dgram socket around a descriptor, which is its own from then on. */
function adopt(fd: number, isV6: boolean, receiveBufferBytes = 0): Promise<Socket | undefined> {
  const socket = createSocket({
    type: isV6 ? 'udp6' : 'udp4',
    ...(receiveBufferBytes > 0 ? { recvBufferSize: receiveBufferBytes } : {}),
    // Targets are always addresses; the default would ask the resolver about each of them.
    lookup: (address, _options, callback) => callback(null, address, isV6 ? 6 : 4),
  });
  return new Promise((resolve) => {
    socket.once('error', () => resolve(undefined));
    socket.bind({ fd }, () => {
      socket.removeAllListeners('error');
      socket.on('error', ignore);
      resolve(socket);
    });
  });
}

/** node:dgram, where batches do not work. */
class PlainEndpoint implements DatagramEndpoint {
  readonly batched = false;
  readonly droppedDatagrams = 0;
  readonly unsentDatagrams = 0;
  readonly #udp: UdpEndpoint;

  constructor(udp: UdpEndpoint) {
    this.#udp = udp;
  }

  get port(): number {
    return this.#udp.port;
  }

  get receiveBufferBytes(): number {
    return this.#udp.receiveBufferBytes;
  }

  send(bytes: Uint8Array, port: number, ip: string): void {
    this.#udp.send(bytes, port, ip);
  }

  close(): Promise<void> {
    return this.#udp.close();
  }
}

function ignore(): void {}
