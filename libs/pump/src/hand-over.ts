import type { Socket } from 'node:net';
import type { Libc } from './libc.js';
import { EINTR, F_DUPFD_CLOEXEC, MSG_DONTWAIT, MSG_NOSIGNAL } from './linux.js';

/** The part of Node's internal TCP handle that the hand-over needs. */
interface TcpHandle {
  readonly fd: number;
  readStop(): number;
}

/** A leg that left Node: our own descriptor of the connection. */
export interface TakenLegs {
  readonly fdA: number;
  readonly fdB: number;
  /** What Node had read and the receiver's socket did not take at once. */
  readonly toA: Uint8Array | undefined;
  readonly toB: Uint8Array | undefined;
  /** Bytes that went out during the hand-over or wait in `toA` and `toB`. */
  readonly bytesToA: number;
  readonly bytesToB: number;
}

/**
 * Takes two connections away from Node without closing them: duplicates both descriptors, passes on
 * what Node had read already (`early` first, then what its streams still hold), and destroys the
 * sockets. Closing one of two descriptors sends nothing to the peer.
 *
 * Everything happens in one turn of the event loop, so no byte can slip in between.
 * @returns `undefined`, and both sockets untouched, when either cannot be taken: already closed,
 * bytes not written yet, or no descriptor left.
 */
export function takeLegs(
  libc: Libc,
  a: Socket,
  b: Socket,
  early: { readonly toA?: Uint8Array; readonly toB?: Uint8Array },
): TakenLegs | undefined {
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
  const toA = join(early.toA, b.read());
  const toB = join(early.toB, a.read());
  a.destroy();
  b.destroy();
  return {
    fdA,
    fdB,
    toA: sendNow(libc, fdA, toA),
    toB: sendNow(libc, fdB, toB),
    bytesToA: toA.length,
    bytesToB: toB.length,
  };
}

/** The handle of an open socket that has nothing left to write. */
function idleHandle(socket: Socket): TcpHandle | undefined {
  const { _handle: handle } = socket as Socket & { _handle?: Partial<TcpHandle> | null };
  if (socket.destroyed || socket.readableEnded || socket.writableEnded) return undefined;
  if (socket.writableLength > 0 || handle === null || handle === undefined) return undefined;
  if (typeof handle.fd !== 'number' || handle.fd < 0) return undefined;
  return typeof handle.readStop === 'function' ? (handle as TcpHandle) : undefined;
}

function join(first: Uint8Array | undefined, second: unknown): Uint8Array {
  const rest = second instanceof Uint8Array ? second : undefined;
  if (first === undefined || first.length === 0) return rest ?? NOTHING;
  return rest === undefined ? first : Buffer.concat([first, rest]);
}

/** Sends what the socket takes at once; the rest is for the pump thread. */
function sendNow(libc: Libc, fd: number, bytes: Uint8Array): Uint8Array | undefined {
  if (bytes.length === 0) return undefined;
  const flags = MSG_DONTWAIT | MSG_NOSIGNAL;
  const send = (): number => libc.send(fd, libc.addressOf(bytes), BigInt(bytes.length), flags);
  let sent = send();
  while (sent < 0 && libc.errno() === EINTR) sent = send();
  // An error shows again, and is handled, when the pump thread tries.
  const rest = bytes.subarray(Math.max(0, sent));
  return rest.length > 0 ? rest : undefined;
}

const NOTHING = new Uint8Array(0);
/** Never 0, 1 or 2, whatever the process has closed. */
const FIRST_FD = 3;
