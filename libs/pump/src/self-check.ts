import type { EpollLayout } from './epoll-layout.js';
import type { Libc } from './libc.js';
import {
  AF_UNIX,
  EPOLLIN,
  EPOLL_CTL_ADD,
  MSG_DONTWAIT,
  O_CLOEXEC,
  O_NONBLOCK,
  SOCK_STREAM,
  SPLICE_MOVE_NONBLOCK,
} from './linux.js';

/**
 * Tries on this very kernel what the pump relies on: epoll gives back our cookie (the struct layout
 * is right), and splice carries bytes from a socket through a pipe to a socket. A sandbox may
 * forbid any of it.
 * @throws Error naming the step that failed.
 */
export function selfCheck(libc: Libc, layout: EpollLayout): void {
  const opened: number[] = [];
  const keep = (fd: number, step: string): number => {
    if (fd < 0) throw new Error(`${step} failed with errno ${String(libc.errno())}`);
    opened.push(fd);
    return fd;
  };
  const pair = (step: string, make: (fds: bigint) => number): [number, number] => {
    const fds = new Int32Array(2);
    if (make(libc.addressOf(fds)) < 0) keep(-1, step);
    return [keep(fds[0] ?? -1, step), keep(fds[1] ?? -1, step)];
  };
  const sockets = (): [number, number] =>
    pair('socketpair', (fds) =>
      libc.socketpair(AF_UNIX, SOCK_STREAM | O_NONBLOCK | O_CLOEXEC, 0, fds),
    );
  try {
    const epoll = keep(libc.epoll_create1(O_CLOEXEC), 'epoll_create1');
    const [sender, source] = sockets();
    const [sink, receiver] = sockets();
    const [pipeOut, pipeIn] = pair('pipe2', (fds) => libc.pipe2(fds, O_NONBLOCK | O_CLOEXEC));
    checkEpoll(libc, layout, epoll, { sender, source });
    const move = (from: number, to: number): number =>
      libc.splice(from, 0n, to, 0n, BigInt(PROBE.length), SPLICE_MOVE_NONBLOCK);
    if (move(source, pipeIn) !== PROBE.length || move(pipeOut, sink) !== PROBE.length) {
      throw new Error('splice did not move the bytes');
    }
    checkProbe(libc, receiver);
  } finally {
    for (const fd of opened) libc.close(fd);
  }
}

function checkEpoll(
  libc: Libc,
  layout: EpollLayout,
  epoll: number,
  sockets: { readonly sender: number; readonly source: number },
): void {
  // Room for two events: a wrong stride or offset must not write past the end.
  const event = new Int32Array(8);
  event[0] = EPOLLIN;
  event[layout.cookie] = COOKIE;
  const address = libc.addressOf(event);
  if (libc.epoll_ctl(epoll, EPOLL_CTL_ADD, sockets.source, address) < 0) {
    throw new Error(`epoll_ctl failed with errno ${String(libc.errno())}`);
  }
  event.fill(0);
  libc.write(sockets.sender, libc.addressOf(PROBE), BigInt(PROBE.length));
  const count = libc.epoll_wait(epoll, address, 1, PATIENCE_MS);
  if (count !== 1 || event[0] !== EPOLLIN || event[layout.cookie] !== COOKIE) {
    throw new Error('epoll did not report the event as expected');
  }
}

function checkProbe(libc: Libc, receiver: number): void {
  const arrived = Buffer.alloc(PROBE.length);
  const length = BigInt(arrived.length);
  libc.recv(receiver, libc.addressOf(arrived), length, MSG_DONTWAIT);
  if (!arrived.equals(PROBE)) throw new Error('splice changed the bytes');
}

const PROBE = Buffer.from('waystation pump probe');
const COOKIE = 0x5eed;
const PATIENCE_MS = 1000;
