import type { Libc } from './libc.js';
import { F_SETPIPE_SZ, O_CLOEXEC, O_NONBLOCK } from './linux.js';

/** A kernel pipe: bytes go in at `writeFd` and come out at `readFd`. */
export interface Pipe {
  readonly readFd: number;
  readonly writeFd: number;
}

/**
 * The most bytes that the pump takes from one direction before they are passed on, and so the bound
 * of what one stalled receiver can hold. 256 KiB was best at 500 pairs, a megabyte only alone.
 */
export const PIPE_BYTES = 256 * 1024;

/** Empty pipes that are kept for the next chunk instead of being closed. */
const SPARE_PIPES = 64;

/**
 * Pipes for chunks in flight. A direction borrows one for the length of a chunk and keeps it only
 * while its receiver cannot take everything, so the number of pipes follows the number of blocked
 * directions, not the number of pairs.
 */
export class PipePool {
  readonly #libc: Libc;
  readonly #spare: Pipe[] = [];
  readonly #fds = new Int32Array(2);

  constructor(libc: Libc) {
    this.#libc = libc;
  }

  /** An empty pipe; `undefined` when the process or the machine has no descriptors left. */
  take(): Pipe | undefined {
    return this.#spare.pop() ?? this.#open();
  }

  /** Takes back a pipe that is empty again. */
  giveBack(pipe: Pipe): void {
    if (this.#spare.length < SPARE_PIPES) this.#spare.push(pipe);
    else this.discard(pipe);
  }

  /** Closes a pipe together with whatever is still in it. */
  discard(pipe: Pipe): void {
    this.#libc.close(pipe.readFd);
    this.#libc.close(pipe.writeFd);
  }

  /** Closes all spare pipes. */
  close(): void {
    for (const pipe of this.#spare.splice(0)) this.discard(pipe);
  }

  #open(): Pipe | undefined {
    const fds = this.#fds;
    if (this.#libc.pipe2(this.#libc.addressOf(fds), O_CLOEXEC | O_NONBLOCK) < 0) return undefined;
    const [readFd = -1, writeFd = -1] = fds;
    // May be refused when a user holds many pipes already; a smaller pipe works, in smaller bites.
    this.#libc.fcntl(writeFd, F_SETPIPE_SZ, PIPE_BYTES);
    return { readFd, writeFd };
  }
}
