import type { Socket } from 'node:net';
import type { Libc } from './libc.js';
import { F_DUPFD_CLOEXEC } from './linux.js';

/** The part of Node's internal TCP handle that the hand-over needs. */
interface TcpHandle {
  readonly fd: number;
  readStop(): number;
}

/** Two legs that left Node: our own descriptors of their connections. */
export interface TakenLegs {
  readonly fdA: number;
  readonly fdB: number;
}

/**
 * Takes two connections away from Node without closing them: duplicates both descriptors and destroys the
 * sockets. Closing one of two descriptors sends nothing to the peer.
 *
 * Everything happens in one turn of the event loop, so no byte can slip in between.
 * @returns `undefined`, and both sockets untouched, when either cannot be taken: already closed,
 * bytes in Node's hands, or no descriptor left.
 */
export function takeLegs(libc: Libc, a: Socket, b: Socket): TakenLegs | undefined {
  const handleA = idleHandle(a);
  const handleB = idleHandle(b);
  if (handleA === undefined || handleB === undefined) return undefined;
  const fdA = libc.fcntl(handleA.fd, F_DUPFD_CLOEXEC, FIRST_FD);
  if (fdA < 0) return undefined;
  const fdB = libc.fcntl(handleB.fd, F_DUPFD_CLOEXEC, FIRST_FD);
  if (fdB < 0) {
    libc.close(fdA);
    return undefined;
  }
  handleA.readStop();
  handleB.readStop();
  a.destroy();
  b.destroy();
  return { fdA, fdB };
}

/** The handle of an open socket of which Node holds no byte, neither read nor to be written. */
function idleHandle(socket: Socket): TcpHandle | undefined {
  const { _handle: handle } = socket as Socket & { _handle?: Partial<TcpHandle> | null };
  if (socket.destroyed || socket.readableEnded || socket.writableEnded) return undefined;
  if (socket.writableLength > 0 || socket.readableLength > 0) return undefined;
  if (handle === null || handle === undefined) return undefined;
  if (typeof handle.fd !== 'number' || handle.fd < 0) return undefined;
  return typeof handle.readStop === 'function' ? (handle as TcpHandle) : undefined;
}

/** Never 0, 1 or 2, whatever the process has closed. */
const FIRST_FD = 3;
