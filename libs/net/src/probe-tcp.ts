import { connect } from 'node:net';

/**
 * True when somebody accepts a TCP connection at `host:port` (a name is looked up) within `timeoutMs`. No
 * byte is written; the connection is reset, so that neither side keeps a trace of it. Never rejects.
 */
export function probeTcp(host: string, port: number, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const done = (accepted: boolean): void => {
      clearTimeout(timer);
      resolve(accepted);
      socket.resetAndDestroy();
    };
    // A timer and not the socket's own timeout: that one does not run while the name is looked up.
    const timer = setTimeout(() => done(false), timeoutMs);
    socket.once('connect', () => done(true));
    socket.on('error', () => done(false));
  });
}
