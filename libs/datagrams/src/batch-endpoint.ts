import type { RemoteInfo, Socket } from 'node:dgram';
import type { OnDatagram } from '@waystation/net';
import { AddressTexts, mapped } from './address-texts.js';
import { writeSocketAddress } from './batch-socket.js';
import type { DatagramEndpoint } from './datagram-endpoint.js';
import type { Libc } from './libc.js';
import {
  AF_INET6,
  EAGAIN,
  EINTR,
  MEMINFO_DROPS,
  MEMINFO_WORDS,
  MSG_DONTWAIT,
  SOCKADDR_IN6_BYTES,
  SOCKADDR_IN_BYTES,
  SOL_SOCKET,
  SO_MEMINFO,
} from './linux.js';
import { MessageSlots } from './message-slots.js';

/** Datagrams per system call; more gains nothing measurable, and it bounds one turn of the loop. */
const BATCH = 64;
/** The longest UDP payload, so that no datagram is cut; only pages that are reached cost memory. */
const LONGEST_DATAGRAM_BYTES = 65_536;
/** Longest answer that waits for the end of its batch; the answer to a heartbeat has 2 bytes. */
const LONGEST_ANSWER_BYTES = 1024;
/** Datagrams that may wait for room in the send buffer, about 0.5 KB each. */
const SEND_QUEUE_LIMIT = 10_000;
const MAPPED = '::ffff:';

/** The descriptor of a bound socket and the node:dgram socket around it. */
export interface BatchParts {
  readonly libc: Libc;
  readonly fd: number;
  readonly isV6: boolean;
  /** Wakes us: it delivers the first datagram of every batch, and closes the descriptor. */
  readonly socket: Socket;
}

/**
 * A UDP socket that moves many datagrams per system call. node:dgram waits for it and brings the
 * first datagram; all others that are there by then come with one recvmmsg, and the answers given
 * meanwhile leave with one sendmmsg. An idle server thus costs what node:dgram costs, a busy one
 * much less per datagram.
 */
export class BatchEndpoint implements DatagramEndpoint {
  readonly port: number;
  readonly batched = true;
  unsentDatagrams = 0;
  readonly #parts: BatchParts;
  readonly #onDatagram: OnDatagram;
  readonly #in: MessageSlots;
  readonly #out: MessageSlots;
  readonly #texts = new AddressTexts();
  readonly #v4Words = new Uint32Array(4);
  readonly #memory = new Uint32Array(new ArrayBuffer(128));
  /** Datagrams waiting in #out. */
  #waiting = 0;
  /** True while a batch is being delivered: what is sent meanwhile waits for its end. */
  #collecting = false;
  /** The slot of #in whose datagram is being delivered, and its source. */
  readonly #current = { slot: 0, ip: '', port: 0 };
  #closed = false;

  constructor(parts: BatchParts, onDatagram: OnDatagram) {
    const { libc, isV6, socket } = parts;
    this.#parts = parts;
    this.#onDatagram = onDatagram;
    this.#in = new MessageSlots(libc, { count: BATCH, payloadBytes: LONGEST_DATAGRAM_BYTES });
    this.#out = new MessageSlots(libc, { count: BATCH, payloadBytes: LONGEST_ANSWER_BYTES });
    for (let slot = 0; slot < BATCH; slot++) {
      this.#out.setNameLength(slot, isV6 ? SOCKADDR_IN6_BYTES : SOCKADDR_IN_BYTES);
    }
    this.port = socket.address().port;
    socket.on('message', this.#wake);
  }

  send(bytes: Uint8Array, port: number, ip: string): void {
    // Anybody can send a datagram from port 0; there is no answering one.
    if (port === 0 || this.#closed) return;
    const slot = this.#waiting;
    const fits = bytes.length <= LONGEST_ANSWER_BYTES && this.#address(slot, port, ip);
    if (!fits) {
      this.#sendPlain(bytes, port, ip);
      return;
    }
    const out = this.#out;
    out.payloads.set(bytes, slot * out.payloadStride);
    out.setPayloadLength(slot, bytes.length);
    this.#waiting += 1;
    if (!this.#collecting || this.#waiting === BATCH) this.#flush();
  }

  get receiveBufferBytes(): number {
    return this.#parts.socket.getRecvBufferSize();
  }

  get droppedDatagrams(): number {
    const { libc, fd } = this.#parts;
    if (this.#closed) return 0;
    const memory = this.#memory;
    memory[MEMINFO_WORDS] = MEMINFO_WORDS * 4;
    const at = libc.addressOf(memory);
    const lengthAt = at + BigInt(MEMINFO_WORDS * 4);
    const known = libc.getsockopt(fd, SOL_SOCKET, SO_MEMINFO, at, lengthAt) === 0;
    return known ? (memory[MEMINFO_DROPS] ?? 0) : 0;
  }

  close(): Promise<void> {
    this.#closed = true;
    return new Promise((resolve) => this.#parts.socket.close(() => resolve()));
  }

  readonly #wake = (data: Buffer, from: RemoteInfo): void => {
    const { libc, fd } = this.#parts;
    this.#collecting = true;
    try {
      this.#onDatagram(data, plainIp(from.address), from.port);
      if (this.#closed) return;
      const count = libc.recvmmsg(fd, this.#in.headers, BATCH, MSG_DONTWAIT, 0n);
      for (let slot = 0; slot < count && !this.#closed; slot++) this.#deliver(slot);
    } finally {
      this.#collecting = false;
      this.#current.ip = '';
      this.#flush();
    }
  };

  #deliver(slot: number): void {
    const { payloads, payloadStride } = this.#in;
    const start = slot * payloadStride;
    const length = this.#in.received(slot);
    // A copy, because whoever hears of the datagram may keep it and the slot is used again.
    const data = Buffer.from(payloads.subarray(start, start + length));
    const { names, nameStride } = this.#in;
    const at = slot * nameStride;
    const current = this.#current;
    current.slot = slot;
    current.port = portAt(names, at);
    current.ip = this.#ipAt(this.#in, at / 4);
    this.#onDatagram(data, current.ip, current.port);
  }

  #ipAt({ nameWords }: MessageSlots, word: number): string {
    if (((nameWords[word] ?? 0) & 0xffff) === AF_INET6) {
      return this.#texts.text(nameWords, word + 2, nameWords[word + 6] ?? 0);
    }
    this.#v4Words.set(mapped(nameWords[word + 1] ?? 0));
    return this.#texts.text(this.#v4Words, 0, 0);
  }

  /** Addresses a slot of #out; false for an address that only node:dgram understands. */
  #address(slot: number, port: number, ip: string): boolean {
    const { nameWords, names, nameStride } = this.#out;
    const current = this.#current;
    if (ip === current.ip && port === current.port) {
      // Word by word: for 28 bytes that is faster than copying a view.
      const from = (current.slot * nameStride) / 4;
      const to = (slot * nameStride) / 4;
      for (let word = 0; word < SOCKADDR_IN6_BYTES / 4; word++) {
        nameWords[to + word] = this.#in.nameWords[from + word] ?? 0;
      }
      return true;
    }
    return writeSocketAddress(names, slot * nameStride, this.#parts.isV6, port, ip);
  }

  #sendPlain(bytes: Uint8Array, port: number, ip: string): void {
    const target = this.#parts.isV6 && !ip.includes(':') ? MAPPED + ip : ip;
    this.#parts.socket.send(bytes, port, target, ignore);
  }

  #flush(): void {
    const count = this.#waiting;
    this.#waiting = 0;
    const { libc, fd } = this.#parts;
    let sent = 0;
    while (sent < count && !this.#closed) {
      const done = libc.sendmmsg(fd, this.#out.headerAt(sent), count - sent, MSG_DONTWAIT);
      if (done > 0) sent += done;
      else {
        const errno = libc.errno();
        if (errno === EINTR) continue;
        if (errno === EAGAIN) this.#sendLater(sent);
        // What the kernel refuses is lost, as it would be on its way; the others still go.
        else this.unsentDatagrams += 1;
        sent += 1;
      }
    }
  }

  /** The send buffer is full: node:dgram waits for room, up to a limit. */
  #sendLater(slot: number): void {
    const { socket } = this.#parts;
    const { names, nameStride, payloads, payloadStride } = this.#out;
    if (socket.getSendQueueCount() >= SEND_QUEUE_LIMIT) {
      this.unsentDatagrams += 1;
      return;
    }
    const start = slot * payloadStride;
    const bytes = Buffer.from(payloads.subarray(start, start + this.#out.payloadLength(slot)));
    const at = slot * nameStride;
    this.#sendPlain(bytes, portAt(names, at), this.#ipAt(this.#out, at / 4));
  }
}

/** The port of a socket address. */
function portAt(names: Uint8Array, at: number): number {
  return ((names[at + 2] ?? 0) << 8) | (names[at + 3] ?? 0);
}

function plainIp(address: string): string {
  const isMapped = address.startsWith(MAPPED) && address.includes('.');
  return isMapped ? address.slice(MAPPED.length) : address;
}

function ignore(): void {}
