import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { encodeMessage } from '@waystation/wire';
import { interpret } from './conversation.js';
import type { Device, Registration } from './device.js';

// A client asks again when an answer stays out this long (protocol 1.4).
const ANSWER_MS = 3_000;
const CONFIG_SERIAL = 3;

/** A device that registers by datagrams: RegisterPk until accepted, then RegisterPeer for ever. */
export class UdpRegistration implements Registration {
  private readonly socket: Socket;
  private timer: NodeJS.Timeout | undefined;
  private stopped = false;

  constructor(private readonly device: Device) {
    this.socket = createSocket(device.options.server.host.includes(':') ? 'udp6' : 'udp4');
  }

  async start(): Promise<void> {
    const { server, from } = this.device.options;
    this.socket.on('message', this.hear);
    // A refused datagram only means that the server is not up: the next heartbeat tries again.
    this.socket.on('error', (error) => {
      this.device.say(error.message);
    });
    this.socket.bind(0, from);
    await once(this.socket, 'listening');
    this.socket.connect(server.port, server.host);
    await once(this.socket, 'connect');
    this.register();
  }

  stop(): void {
    if (this.stopped) return;
    this.stopped = true;
    clearTimeout(this.timer);
    this.socket.close();
  }

  refresh(): void {
    this.register();
  }

  private readonly register = (): void => {
    if (this.stopped) return;
    clearTimeout(this.timer);
    this.socket.send(this.device.keyConfirmed ? this.heartbeat() : this.claim());
    this.timer = setTimeout(this.register, ANSWER_MS);
  };

  private heartbeat(): Buffer {
    return encodeMessage('registerPeer', { id: this.device.id, serial: CONFIG_SERIAL });
  }

  private claim(): Buffer {
    const { id, uuid, publicKey } = this.device.identity;
    const noRegisterDevice = this.device.options.noRegisterDevice ?? false;
    return encodeMessage('registerPk', { id, uuid, pk: publicKey, noRegisterDevice });
  }

  private readonly hear = (datagram: Buffer): void => {
    const message = interpret(datagram);
    if (message.name === 'empty' || message.name === 'undecodable' || message.name === 'ended')
      return;
    // A push is no answer: a device that is called all the time would never register again.
    if (message.name === 'registerPeerResponse' || message.name === 'registerPkResponse') {
      clearTimeout(this.timer);
      this.timer = setTimeout(this.register, this.nextMs());
    }
    this.device.onPush(message);
    if (message.name === 'registerPeerResponse' && message.value.requestPk) this.register();
  };

  private nextMs(): number {
    return this.device.options.heartbeatMs ?? this.device.habits.heartbeatMs;
  }
}
