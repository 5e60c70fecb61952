import { connect } from 'node:net';
import { normaliseIp } from '@waystation/wire';
import { TcpConnection } from './tcp-connection.js';
import { TcpStream } from './tcp-stream.js';

const NOTHING = Buffer.alloc(0);

/**
 * Connects to another of our own processes by framed TCP; `host` is a name or an address. Rejects
 * when the connection does not stand within `timeoutMs`.
 */
export function dialTcp(host: string, port: number, timeoutMs: number): Promise<TcpConnection> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, allowHalfOpen: true, noDelay: true, keepAlive: true });
    // Nothing may be read before TcpStream takes the socket over.
    socket.pause();
    const timer = setTimeout(() => {
      socket.destroy(new Error(`no connection to ${host}:${port} within ${timeoutMs} ms`));
    }, timeoutMs);
    socket.once('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    socket.once('connect', () => {
      clearTimeout(timer);
      const ip = normaliseIp(socket.remoteAddress ?? '') ?? host;
      resolve(new TcpConnection(new TcpStream(socket), { ip, port }, NOTHING));
    });
  });
}
