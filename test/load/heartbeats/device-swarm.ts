import {
  MessageSlots,
  openBound,
  socketAddress,
  switchOption,
  type Libc,
} from '@waystation/datagrams';

const IPPROTO_IP = 0;
const IP_PKTINFO = 8;
const SOL_SOCKET = 1;
const SO_SNDBUF = 7;
const SO_RCVBUF = 8;
/** The same without the system's limit, for root. */
const SO_SNDBUFFORCE = 32;
const SO_RCVBUFFORCE = 33;
const MSG_DONTWAIT = 0x40;
const SOCKET_BUFFER_BYTES = 16 * 1024 * 1024;

/** `struct cmsghdr` (16 bytes) and `struct in_pktinfo` (12 bytes, padded). */
const CONTROL_BYTES = 32;
const CONTROL_LENGTH = 28;
const SOURCE_AT = 20;
const ARRIVED_AT = 24;

const BATCH = 64;
const PAYLOAD_BYTES = 512;
/** 127.64.0.1: the first of the source addresses; all of 127.0.0.0/8 is ours on loopback. */
const FIRST_IP = 0x7f400001;

/** Which devices there are and whom they talk to. */
export interface SwarmOptions {
  readonly server: { readonly ip: string; readonly port: number };
  /** Sockets, each with a port of its own; device n uses socket n modulo this. */
  readonly sockets: number;
}

/** Hears one answer: the device it came to, and where its bytes lie. */
export type OnAnswer = (device: number, memory: Buffer, start: number, length: number) => void;

/**
 * Very many UDP devices in one thread: each has an address and port of its own (the address is set
 * per message), and messages leave and answers come in batches, so that the generator costs much
 * less than the server it measures. Nothing here waits: call `flush` and `receive` in a loop.
 */
export class DeviceSwarm {
  private readonly lines: Line[];

  constructor(
    private readonly libc: Libc,
    private readonly options: SwarmOptions,
  ) {
    this.lines = Array.from({ length: options.sockets }, () => openLine(libc, options.server));
  }

  /** Sends a message of this device with the next flush, or at once when its batch is full. */
  queue(device: number, message: Uint8Array): void {
    const line = this.lines[device % this.options.sockets];
    if (line === undefined) return;
    if (line.waiting === BATCH) this.flushLine(line);
    const { out } = line;
    const slot = line.waiting++;
    out.payloads.set(message, slot * out.payloadStride);
    out.setPayloadLength(slot, message.length);
    const ip = FIRST_IP + Math.floor(device / this.options.sockets);
    out.controls.writeUInt32BE(ip, slot * CONTROL_BYTES + SOURCE_AT);
  }

  flush(): void {
    for (const line of this.lines) this.flushLine(line);
  }

  /** Takes every answer that is there. */
  receive(onAnswer: OnAnswer): void {
    this.lines.forEach((line, index) => {
      while (this.receiveBatch(line, index, onAnswer) === BATCH);
    });
  }

  close(): void {
    for (const line of this.lines) this.libc.close(line.fd);
  }

  private flushLine(line: Line): void {
    const { out } = line;
    let sent = 0;
    while (sent < line.waiting) {
      const count = line.waiting - sent;
      const done = this.libc.sendmmsg(line.fd, out.headerAt(sent), count, MSG_DONTWAIT);
      // Refused by the kernel: counts as sent and never answered.
      sent += Math.max(done, 1);
    }
    line.waiting = 0;
  }

  private receiveBatch(line: Line, index: number, onAnswer: OnAnswer): number {
    const slots = line.in;
    const count = this.libc.recvmmsg(line.fd, slots.headers, BATCH, MSG_DONTWAIT, 0n);
    for (let slot = 0; slot < count; slot++) {
      const ip = slots.controls.readUInt32BE(slot * CONTROL_BYTES + ARRIVED_AT);
      const device = (ip - FIRST_IP) * this.options.sockets + index;
      onAnswer(device, slots.payloads, slot * slots.payloadStride, slots.received(slot));
      slots.setControlLength(slot, CONTROL_BYTES);
    }
    return count;
  }
}

interface Line {
  readonly fd: number;
  readonly out: MessageSlots;
  readonly in: MessageSlots;
  waiting: number;
}

function openLine(libc: Libc, server: SwarmOptions['server']): Line {
  const fd = openBound(libc, { ip: '0.0.0.0', port: 0, reusePort: false });
  if (fd === undefined) throw new Error('no UDP socket for the devices');
  switchOption(libc, fd, IPPROTO_IP, IP_PKTINFO, 1);
  // On loopback a datagram fills its sender's buffer until it is read, so a slow server needs room here.
  for (const name of [SO_SNDBUF, SO_RCVBUF, SO_SNDBUFFORCE, SO_RCVBUFFORCE]) {
    switchOption(libc, fd, SOL_SOCKET, name, SOCKET_BUFFER_BYTES);
  }
  const sizes = { count: BATCH, payloadBytes: PAYLOAD_BYTES, controlBytes: CONTROL_BYTES };
  const out = new MessageSlots(libc, sizes);
  const target = socketAddress(server.ip, server.port);
  for (let slot = 0; slot < BATCH; slot++) {
    out.names.set(target, slot * out.nameStride);
    out.setNameLength(slot, target.length);
    writeControl(out.controls.subarray(slot * CONTROL_BYTES));
  }
  return { fd, out, in: new MessageSlots(libc, sizes), waiting: 0 };
}

/** Ancillary data that carries the source address; the address itself is filled in per message. */
function writeControl(control: Buffer): void {
  control.writeBigUInt64LE(BigInt(CONTROL_LENGTH), 0);
  control.writeInt32LE(IPPROTO_IP, 8);
  control.writeInt32LE(IP_PKTINFO, 12);
}
