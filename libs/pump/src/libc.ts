import type * as Ffi from 'node:ffi';

/**
 * The functions of libc that the pump calls. A size goes in as a bigint (64-bit register); a result
 * that always fits 31 bits comes back as a number, -1 meaning "see errno".
 */
export interface Libc {
  close(fd: number): number;
  fcntl(fd: number, command: number, argument: number): number;
  pipe2(fds: bigint, flags: number): number;
  eventfd(initial: number, flags: number): number;
  eventfd_write(fd: number, value: bigint): number;
  eventfd_read(fd: number, value: bigint): number;
  epoll_create1(flags: number): number;
  epoll_ctl(epoll: number, operation: number, fd: number, event: bigint): number;
  epoll_wait(epoll: number, events: bigint, maximum: number, timeoutMs: number): number;
  splice(
    from: number,
    fromOffset: bigint,
    to: number,
    toOffset: bigint,
    bytes: bigint,
    flags: number,
  ): number;
  recv(fd: number, bytes: bigint, length: bigint, flags: number): number;
  send(fd: number, bytes: bigint, length: bigint, flags: number): number;
  write(fd: number, bytes: bigint, length: bigint): number;
  shutdown(fd: number, how: number): number;
  socketpair(family: number, type: number, protocol: number, fds: bigint): number;
  /** The error of the last call that failed on this thread. */
  errno(): number;
  /** The address of a buffer's first byte, valid while the buffer is referenced and not resized. */
  addressOf(bytes: NodeJS.ArrayBufferView): bigint;
}

const SIGNATURES = {
  close: { arguments: ['i32'], return: 'i32' },
  fcntl: { arguments: ['i32', 'i32', 'i64'], return: 'i32' },
  pipe2: { arguments: ['u64', 'i32'], return: 'i32' },
  eventfd: { arguments: ['u32', 'i32'], return: 'i32' },
  eventfd_write: { arguments: ['i32', 'u64'], return: 'i32' },
  eventfd_read: { arguments: ['i32', 'u64'], return: 'i32' },
  epoll_create1: { arguments: ['i32'], return: 'i32' },
  epoll_ctl: { arguments: ['i32', 'i32', 'i32', 'u64'], return: 'i32' },
  epoll_wait: { arguments: ['i32', 'u64', 'i32', 'i32'], return: 'i32' },
  splice: { arguments: ['i32', 'u64', 'i32', 'u64', 'u64', 'u32'], return: 'i32' },
  recv: { arguments: ['i32', 'u64', 'u64', 'i32'], return: 'i32' },
  send: { arguments: ['i32', 'u64', 'u64', 'i32'], return: 'i32' },
  write: { arguments: ['i32', 'u64', 'u64'], return: 'i32' },
  shutdown: { arguments: ['i32', 'i32'], return: 'i32' },
  socketpair: { arguments: ['i32', 'i32', 'i32', 'u64'], return: 'i32' },
  __errno_location: { arguments: [], return: 'u64' },
} as const;

/**
 * Binds libc for the calling thread (errno is a place of its own in every thread).
 * @throws Error when this Node has no FFI or libc lacks a function.
 */
export function openLibc(): Libc {
  const ffi = loadFfi();
  const { functions } = ffi.dlopen(null, SIGNATURES);
  const place = functions.__errno_location();
  const errno = new Int32Array(ffi.toArrayBuffer(place, 4, false));
  const { fcntl } = functions;
  return {
    ...functions,
    fcntl: (fd, command, argument) => fcntl(fd, command, BigInt(argument)),
    errno: () => errno[0] ?? 0,
    addressOf: (bytes) => ffi.getRawPointer(bytes),
  };
}

/**
 * Loads `node:ffi` without its ExperimentalWarning on the operator's terminal. Only this warning is
 * held back, and only for the length of this synchronous call: `--disable-warning` would need a
 * flag on every process that uses the pump and silences the experiments of others with it.
 */
function loadFfi(): typeof Ffi {
  const emitWarning = process.emitWarning.bind(process);
  process.emitWarning = (warning: string | Error, ...rest: unknown[]): void => {
    if (String(warning).startsWith('FFI is an experimental feature')) return;
    Reflect.apply(emitWarning, process, [warning, ...rest]);
  };
  try {
    const ffi = process.getBuiltinModule('node:ffi') as typeof Ffi | undefined;
    if (ffi === undefined) throw new Error('this Node.js has no node:ffi');
    return ffi;
  } finally {
    process.emitWarning = emitWarning;
  }
}
