import { createHash } from 'node:crypto';
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import {
  decodeMessage,
  encodeFrame,
  encodeMessage,
  type RendezvousMessage,
} from '@waystation/wire';
import { until } from '@waystation/testkit';

const FIRST_ID = 300_000_000;
const REPEAT_MS = 1_000;
const REFRESH_MS = 8_000;

/** When a push reached the device, and when its answer left. */
export interface DeviceTimes {
  readonly pushedMs: number;
  readonly answeredMs: number;
}

/** A callee that answers every PunchHole with PunchHoleSent over TCP, as fast as it can. */
export class PunchDevice {
  readonly id: string;
  readonly #socket: UdpSocket;
  #registered = false;
  #timer: NodeJS.Timeout | undefined;
  #onAnswer: ((times: DeviceTimes) => void) | undefined;

  constructor(
    number: number,
    private readonly port: number,
    private readonly ip: string,
  ) {
    this.id = String(FIRST_ID + number);
    this.#socket = createSocket('udp4');
  }

  /** Registers; resolves when the server knows it. */
  async start(): Promise<void> {
    this.#socket.on('message', (data) => this.#hear(decodeMessage(data)));
    this.#socket.bind(0, this.ip);
    await once(this.#socket, 'listening');
    this.#speak();
    await until(() => this.#registered, { timeoutMs: 20_000, what: `device ${this.id}` });
  }

  /** Resolves when the next push has been answered. */
  nextAnswer(): Promise<DeviceTimes> {
    return new Promise((resolve) => (this.#onAnswer = resolve));
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#socket.close();
  }

  readonly #speak = (): void => {
    this.#send(this.#registered ? this.#heartbeat() : this.#claim());
    this.#timer = setTimeout(this.#speak, this.#registered ? REFRESH_MS : REPEAT_MS);
  };

  #heartbeat(): Buffer {
    return encodeMessage('registerPeer', { id: this.id, serial: 3 });
  }

  #claim(): Buffer {
    const uuid = createHash('md5').update(this.id).digest();
    const pk = createHash('sha256').update(this.id).digest();
    return encodeMessage('registerPk', { id: this.id, uuid, pk });
  }

  #send(message: Buffer): void {
    this.#socket.send(message, this.port, '127.0.0.1');
  }

  #hear(message: RendezvousMessage): void {
    if (message.name === 'registerPkResponse') this.#send(this.#heartbeat());
    if (message.name === 'registerPeerResponse') this.#registered = !message.value.requestPk;
    if (message.name === 'punchHole') this.#answer(message.value.socketAddr, performance.now());
  }

  #answer(socketAddr: Buffer, pushedMs: number): void {
    const { id } = this;
    const answer = encodeMessage('punchHoleSent', { socketAddr, id, natType: 1, version: '1.4.1' });
    const socket = connect({ port: this.port, host: '127.0.0.1', localAddress: this.ip }, () => {
      this.#onAnswer?.({ pushedMs, answeredMs: performance.now() });
      socket.end(encodeFrame(answer));
    });
    socket.setNoDelay(true);
    socket.on('error', ignore);
    socket.resume();
  }
}

// The caller sees that no answer came, and counts it.
function ignore(): void {}
