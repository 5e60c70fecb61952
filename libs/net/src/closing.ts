import type { Socket } from 'node:net';

let closing = 0;

/**
 * Connections that were closed here and are not gone: their last bytes are on the way out, or the other
 * side has not closed yet. A process that ends before they are gone cuts off what they still had to send.
 */
export function closingConnections(): number {
  return closing;
}

/** Counts a connection from now until its socket is gone. */
export function noteClosing(socket: Socket): void {
  if (socket.destroyed) return;
  socket.once('close', countClosing());
}

/** Counts one connection from now until the returned function is called. */
export function countClosing(): () => void {
  closing += 1;
  return () => {
    closing -= 1;
  };
}
