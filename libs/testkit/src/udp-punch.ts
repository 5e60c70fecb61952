import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { encodeMessage, type SocketAddress } from '@waystation/wire';
import { interpret } from './conversation.js';
import type { ServerAddress } from './server-address.js';
import { UdpLeg } from './udp-leg.js';
import { until } from './until.js';

/** Between two empty datagrams that open the way (protocol 6.11: 20 to 200 ms). */
const KNOCK_MS = 30;
/** Between two questions for the own port. */
const ASK_MS = 50;

/** The UDP socket of a client for one direct connection (protocol 6.11). */
export class UdpPunch {
  private leg: UdpLeg | undefined;
  private observed: number | undefined;
  private heardFrom = '';
  private closed = false;

  private constructor(private readonly socket: Socket) {
    socket.on('message', (data, { address, port }) => {
      this.hear(data, `${address}:${String(port)}`);
    });
    // A refused datagram only says that the other side is not there yet.
    socket.on('error', () => undefined);
  }

  /** Opens it on `from`, else on any address. */
  static async open(from: string | undefined): Promise<UdpPunch> {
    const socket = createSocket('udp4');
    socket.bind(0, from);
    await once(socket, 'listening');
    return new UdpPunch(socket);
  }

  /** The port under which the server sees this socket. Rejects when it does not answer such questions. */
  async observedPort({ host, port }: ServerAddress, timeoutMs = 5_000): Promise<number> {
    const ask = (): number | undefined => {
      if (this.observed === undefined)
        this.tell({ ip: host, port }, encodeMessage('testNatRequest', {}));
      return this.observed;
    };
    return until(ask, { timeoutMs, everyMs: ASK_MS, what: 'the UDP port as the server sees it' });
  }

  /** Sends a datagram; it may get lost. */
  tell({ ip, port }: SocketAddress, datagram: Uint8Array): void {
    if (!this.closed) this.socket.send(datagram, port, ip);
  }

  /** Knocks until something comes from `remote`; what follows belongs to the leg. Rejects after `timeoutMs`. */
  async meet(remote: SocketAddress, timeoutMs: number): Promise<UdpLeg> {
    const { address: ip, port } = this.socket.address();
    const leg = new UdpLeg(this, { ip, port }, remote);
    this.leg = leg;
    const knock = (): boolean => {
      this.tell(remote, Buffer.alloc(0));
      return this.heardFrom === `${remote.ip}:${String(remote.port)}`;
    };
    try {
      await until(knock, { timeoutMs, everyMs: KNOCK_MS, what: 'a datagram from the other side' });
    } catch (error) {
      leg.close();
      throw error;
    }
    this.tell(remote, Buffer.alloc(0));
    return leg;
  }

  /** Ends the socket, and with it the leg; more than once does no harm. */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.socket.close();
    this.leg?.close();
  }

  private hear(data: Buffer, from: string): void {
    if (this.leg !== undefined) {
      this.heardFrom = from;
      this.leg.hear(data);
      return;
    }
    const message = interpret(data);
    if (message.name === 'testNatResponse') this.observed = message.value.port;
  }
}
