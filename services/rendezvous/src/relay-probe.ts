import { request } from 'node:http';

/** Protocol 6.16: longest wait for a relay to accept. */
const CONNECT_MS = 3000;

/**
 * True when somebody accepts a TCP connection at `host:port`. It is a request that is never sent:
 * the connection is made, no byte is written, and it is hung up.
 */
export function accepts(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const attempt = request({ host, port, agent: false, timeout: CONNECT_MS });
    const done = (answered: boolean): void => {
      resolve(answered);
      attempt.destroy();
    };
    attempt.once('socket', (socket) => socket.once('connect', () => done(true)));
    attempt.once('timeout', () => done(false));
    attempt.on('error', () => done(false));
  });
}
