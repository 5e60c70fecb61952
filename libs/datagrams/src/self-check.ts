import { boundPort, openBound, socketAddress } from './batch-socket.js';
import type { Libc } from './libc.js';
import { MSG_DONTWAIT } from './linux.js';
import { MessageSlots } from './message-slots.js';

const PROBES = [Buffer.from('first'), Buffer.from('and the second')];
const TRIES = 100;
const PAUSE_MICROSECONDS = 100;

/**
 * Tries on this very kernel what batches rely on: two datagrams to ourselves over loopback with one
 * sendmmsg, and back with recvmmsg; bytes, lengths and addresses must be where we expect them.
 * @throws Error naming the step that failed.
 */
export function checkBatches(libc: Libc): void {
  const fd = openBound(libc, { ip: '127.0.0.1', port: 0, reusePort: false });
  if (fd === undefined) throw new Error('no UDP socket on loopback');
  try {
    const self = socketAddress('127.0.0.1', boundPort(libc, fd));
    sendProbes(libc, fd, self);
    receiveProbes(libc, fd, self);
  } finally {
    libc.close(fd);
  }
}

function sendProbes(libc: Libc, fd: number, target: Buffer): void {
  const slots = new MessageSlots(libc, { count: PROBES.length, payloadBytes: 64 });
  PROBES.forEach((probe, slot) => {
    slots.payloads.set(probe, slot * slots.payloadStride);
    slots.setPayloadLength(slot, probe.length);
    slots.names.set(target, slot * slots.nameStride);
    slots.setNameLength(slot, target.length);
  });
  const sent = libc.sendmmsg(fd, slots.headers, PROBES.length, MSG_DONTWAIT);
  if (sent !== PROBES.length) throw new Error(`sendmmsg answered ${sent}`);
}

function receiveProbes(libc: Libc, fd: number, source: Buffer): void {
  const slots = new MessageSlots(libc, { count: PROBES.length, payloadBytes: 64 });
  let arrived = 0;
  // Loopback delivers at once on all we know; a sandboxed network may take a moment.
  for (let tries = 0; tries < TRIES && arrived < PROBES.length; tries++) {
    const wanted = PROBES.length - arrived;
    const count = libc.recvmmsg(fd, slots.headerAt(arrived), wanted, MSG_DONTWAIT, 0n);
    if (count > 0) arrived += count;
    else libc.usleep(PAUSE_MICROSECONDS);
  }
  if (arrived < PROBES.length) throw new Error('recvmmsg did not bring the probes');
  PROBES.forEach((probe, slot) => {
    const start = slot * slots.payloadStride;
    const payload = slots.payloads.subarray(start, start + slots.received(slot));
    const nameAt = slot * slots.nameStride;
    const name = Buffer.from(slots.names.subarray(nameAt, nameAt + source.length));
    if (!payload.equals(probe)) throw new Error('recvmmsg changed a datagram');
    if (!name.equals(source)) throw new Error('recvmmsg changed an address');
  });
}
