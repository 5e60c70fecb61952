import { connect } from 'node:net';
import type { SocketAddress } from '@waystation/wire';
import { TcpConnection } from './tcp-connection.js';
import { TcpStream } from './tcp-stream.js';

const NOTHING = Buffer.alloc(0);

/**
 * Connects to another of our own processes by framed TCP; `to` is an address, not a name. Rejects
 * when the connection does not stand within `timeoutMs`.
 */
export function dialTcp(to: SocketAddress, timeoutMs: number): Promise<TcpConnection> {
  return new Promise((resolve, reject) => {
    const socket = connect({
      host: to.ip,
      port: to.port,
      allowHalfOpen: true,
      noDelay: true,
      keepAlive: true,
    });
    // Nothing may be read before TcpStream takes the socket over.
    socket.pause();
    const timer = setTimeout(() => {
      socket.destroy(new Error(`no connection to ${to.ip}:${to.port} within ${timeoutMs} ms`));
    }, timeoutMs);
    socket.once('close', () => clearTimeout(timer));
    socket.once('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    socket.once('connect', () => {
      clearTimeout(timer);
      resolve(new TcpConnection(new TcpStream(socket), to, NOTHING));
    });
  });
}
