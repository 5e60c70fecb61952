import type * as Ffi from 'node:ffi';

/**
 * The functions of libc for datagrams. A size or an address goes in as a bigint where libc has a
 * 64-bit type; -1 as a result means "see errno".
 */
export interface Libc {
  socket(family: number, type: number, protocol: number): number;
  bind(fd: number, address: bigint, length: number): number;
  getsockname(fd: number, address: bigint, length: bigint): number;
  setsockopt(fd: number, level: number, name: number, value: bigint, length: number): number;
  getsockopt(fd: number, level: number, name: number, value: bigint, length: bigint): number;
  recvmmsg(fd: number, headers: bigint, count: number, flags: number, timeout: bigint): number;
  sendmmsg(fd: number, headers: bigint, count: number, flags: number): number;
  close(fd: number): number;
  usleep(microseconds: number): number;
  /** The error of the last call that failed on this thread. */
  errno(): number;
  /** The address of a buffer's first byte, valid while the buffer lives. Not for views below 65 bytes: those may move. */
  addressOf(bytes: NodeJS.ArrayBufferView): bigint;
}

const SIGNATURES = {
  socket: { arguments: ['i32', 'i32', 'i32'], return: 'i32' },
  bind: { arguments: ['i32', 'u64', 'u32'], return: 'i32' },
  getsockname: { arguments: ['i32', 'u64', 'u64'], return: 'i32' },
  setsockopt: { arguments: ['i32', 'i32', 'i32', 'u64', 'u32'], return: 'i32' },
  getsockopt: { arguments: ['i32', 'i32', 'i32', 'u64', 'u64'], return: 'i32' },
  recvmmsg: { arguments: ['i32', 'u64', 'u32', 'i32', 'u64'], return: 'i32' },
  sendmmsg: { arguments: ['i32', 'u64', 'u32', 'i32'], return: 'i32' },
  close: { arguments: ['i32'], return: 'i32' },
  usleep: { arguments: ['u32'], return: 'i32' },
  __errno_location: { arguments: [], return: 'u64' },
} as const;

/**
 * Binds libc for the calling thread (errno is a place of its own in every thread).
 * @throws Error when this Node has no FFI or libc lacks a function.
 */
export function openLibc(): Libc {
  const ffi = loadFfi();
  const { functions } = ffi.dlopen(null, SIGNATURES);
  const errno = new Int32Array(ffi.toArrayBuffer(functions.__errno_location(), 4, false));
  return {
    ...functions,
    errno: () => errno[0] ?? 0,
    addressOf: (bytes) => ffi.getRawPointer(bytes),
  };
}

/**
 * Loads `node:ffi` without its ExperimentalWarning on the operator's terminal; every other warning
 * still gets through, also during this call.
 */
function loadFfi(): typeof Ffi {
  // Put back as it is, not called apart from its object.
  // eslint-disable-next-line @typescript-eslint/unbound-method
  const emitWarning = process.emitWarning;
  process.emitWarning = (warning: string | Error, ...rest: unknown[]) => {
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
