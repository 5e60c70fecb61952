import type { Socket } from 'node:net';
import type { SocketAddress } from '@waystation/wire';
import { parseProxyHeader } from './proxy-protocol.js';

/** A balancer sends its header with the connection; one that does not is no balancer. */
const HEADER_MS = 5_000;

/**
 * Reads the PROXY header of a paused socket and answers once: with the client's address (undefined:
 * the proxy speaks for itself) and the bytes behind the header, or with `bad`. A socket that leaves
 * without a byte, as health checks do, is never reported.
 */
export function readProxyHeader(
  socket: Socket,
  done: (source: SocketAddress | undefined | 'bad', early: Buffer) => void,
): void {
  let seen: Buffer = Buffer.alloc(0);
  const finish = (source: SocketAddress | undefined | 'bad', early: Buffer): void => {
    clearTimeout(timer);
    socket.removeListener('readable', read);
    socket.removeListener('close', leave);
    done(source, early);
  };
  const read = (): void => {
    const chunk: unknown = socket.read();
    if (!(chunk instanceof Buffer)) return;
    seen = Buffer.concat([seen, chunk]);
    const header = parseProxyHeader(seen);
    if (header === 'more') return;
    if (header === 'bad') return finish('bad', seen);
    finish(header.source, seen.subarray(header.bytes));
  };
  const leave = (): void => clearTimeout(timer);
  const timer = setTimeout(() => finish('bad', seen), HEADER_MS);
  socket.on('readable', read);
  socket.once('close', leave);
  socket.once('end', () => socket.destroy());
}
