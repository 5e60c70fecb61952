/**
 * Numbers of the Linux ABI that the pump needs. All of them are the same on x86-64 and arm64
 * (asm-generic); what differs between the two is only the layout in epoll-layout.ts.
 */

/** The errno values that the pump tells apart; every other one ends the pair. */
export const EINTR = 4;
export const EAGAIN = 11;

/** fcntl commands: duplicate with close-on-exec, and the capacity of a pipe. */
export const F_DUPFD_CLOEXEC = 1030;
export const F_SETPIPE_SZ = 1031;

/** Flags for pipe2, eventfd and socketpair (they share the values of open flags). */
export const O_NONBLOCK = 0o4000;
export const O_CLOEXEC = 0o2000000;
export const AF_UNIX = 1;
export const SOCK_STREAM = 1;

/** splice: move pages instead of copying where possible, and never wait for the pipe. */
export const SPLICE_MOVE_NONBLOCK = 0x01 | 0x02;

/** recv/send flags. On TCP, MSG_TRUNC throws bytes away without copying them. */
export const MSG_TRUNC = 0x20;
export const MSG_DONTWAIT = 0x40;

export const SHUT_WR = 1;

export const EPOLL_CTL_ADD = 1;
export const EPOLLIN = 0x001;
export const EPOLLOUT = 0x004;
export const EPOLLERR = 0x008;
export const EPOLLHUP = 0x010;
export const EPOLLRDHUP = 0x2000;
export const EPOLLET = 0x80000000;
