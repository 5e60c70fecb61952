import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { afterEach } from 'node:test';
import { until } from '@waystation/testkit';
import { AddressSet } from '../address-set.js';
import type { Listener } from '../connection.js';
import type { ListenOptions, RefusalReason } from '../listen-options.js';
import type { TcpConnection } from '../tcp-connection.js';
import { listenTcp } from '../tcp-listener.js';

/** What a listening server has come to see. */
export interface Seen {
  readonly connections: TcpConnection[];
  readonly messages: string[];
  readonly closes: string[];
  readonly refusals: RefusalReason[];
}

const open: { listeners: Listener[]; sockets: Socket[]; seen: Seen[] } = {
  listeners: [],
  sockets: [],
  seen: [],
};

afterEach(async () => {
  for (const seen of open.seen.splice(0)) for (const c of seen.connections) c.stream.destroy();
  for (const socket of open.sockets.splice(0)) socket.destroy();
  for (const listener of open.listeners.splice(0)) await listener.close();
});

/** A listener on a free port; it ends with the test. */
export async function listening(
  options: Partial<ListenOptions> = {},
  accepted: (connection: TcpConnection) => void = () => undefined,
): Promise<Seen & { port: number; listener: Listener }> {
  const seen: Seen = { connections: [], messages: [], closes: [], refusals: [] };
  const listener = await listenTcp(
    {
      port: 0,
      reusePort: false,
      maxPerAddress: 0,
      trustedProxies: AddressSet.none,
      refused: (reason) => seen.refusals.push(reason),
      ...options,
    },
    (connection) => {
      seen.connections.push(connection);
      connection.onClose((reason) => seen.closes.push(reason));
      accepted(connection);
      connection.onMessage((payload) => seen.messages.push(payload.toString('hex')));
    },
  );
  open.listeners.push(listener);
  open.seen.push(seen);
  return { ...seen, port: listener.port, listener };
}

/** Connects to it; whatever comes back is in `received`. */
export function client(port: number, host = '127.0.0.1'): Socket & { received: Buffer } {
  const socket = Object.assign(connect({ port, host, noDelay: true }), {
    received: Buffer.alloc(0),
  });
  socket.on('error', () => undefined);
  socket.on('data', (data: Buffer) => (socket.received = Buffer.concat([socket.received, data])));
  open.sockets.push(socket);
  return socket;
}

/** Resolves when the server has closed the connection. */
export function ended(socket: Socket): Promise<unknown> {
  return until(() => socket.readableEnded || socket.destroyed, { what: 'the connection to end' });
}
