/** Numbers of the Linux ABI, the same on x86-64 and arm64. */

export const AF_INET = 2;
export const AF_INET6 = 10;
export const SOCK_DGRAM = 2;
export const SOCK_NONBLOCK = 0o4000;
export const SOCK_CLOEXEC = 0o2000000;

export const SOL_SOCKET = 1;
export const SO_REUSEPORT = 15;
/** Nine 32-bit counters of a socket's memory; the last one is the datagrams dropped for lack of it. */
export const SO_MEMINFO = 55;
export const MEMINFO_WORDS = 9;
export const MEMINFO_DROPS = 8;

export const IPPROTO_IPV6 = 41;
export const IPV6_V6ONLY = 26;

/** recvmmsg/sendmmsg: take or send what is possible now. */
export const MSG_DONTWAIT = 0x40;

export const EINTR = 4;
export const EAGAIN = 11;

/** Bytes of sockaddr_in and sockaddr_in6. */
export const SOCKADDR_IN_BYTES = 16;
export const SOCKADDR_IN6_BYTES = 28;
