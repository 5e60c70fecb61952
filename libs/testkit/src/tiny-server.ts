import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import {
  decodeMessage,
  demangleAddress,
  encodeIdPk,
  encodeMessage,
  formatAddress,
  mangleAddress,
  signCombined,
  type Messages,
  type SocketAddress,
} from '@waystation/wire';
import { hear, tell } from './conversation.js';
import { freePortBlock } from './free-ports.js';
import { newSigningKeys } from './identity.js';
import { TcpLeg } from './tcp-leg.js';

interface Known {
  readonly pk: Buffer;
  readonly address: SocketAddress;
}

/**
 * The least server that the test clients can talk to: no checks, no limits, UDP and TCP only. It exists
 * so that the clients are tested without the services that they test.
 */
export class TinyServer {
  private readonly keys = newSigningKeys();
  private readonly known = new Map<string, Known>();
  private readonly callers = new Map<string, TcpLeg>();
  private readonly halves = new Map<string, Socket>();
  private readonly sockets = new Set<Socket>();
  private readonly udp: UdpSocket = createSocket('udp4');
  private readonly tcp: Server = createServer((socket) => void this.talk(this.track(socket)));
  private readonly relay: Server = createServer((socket) => {
    this.join(this.track(socket));
  });
  port = 0;
  /** Set to make callees believe that the caller cannot be met. */
  natType = 1;

  /** Its public key as clients have it in their settings. */
  get key(): string {
    return this.keys.publicKey.toString('base64');
  }

  async start(): Promise<this> {
    this.port = await freePortBlock([0, 1]);
    this.udp.on('message', (datagram, { address, port }) => {
      this.onDatagram(datagram, { ip: address, port });
    });
    this.udp.bind(this.port, '127.0.0.1');
    this.tcp.listen(this.port, '127.0.0.1');
    this.relay.listen(this.port + 1, '127.0.0.1');
    await Promise.all([this.udp, this.tcp, this.relay].map((each) => once(each, 'listening')));
    return this;
  }

  stop(): void {
    this.udp.close();
    this.tcp.close();
    this.relay.close();
    for (const socket of this.sockets) socket.destroy();
  }

  private track(socket: Socket): Socket {
    this.sockets.add(socket);
    // Ends without a word are what tests do all the time.
    socket.on('error', () => socket.destroy());
    return socket;
  }

  private onDatagram(datagram: Buffer, from: SocketAddress): void {
    const message = decodeMessage(datagram);
    if (message.name === 'registerPk') {
      this.known.set(message.value.id, { pk: Buffer.from(message.value.pk), address: from });
      this.answer('registerPkResponse', { result: 0 }, from);
    }
    if (message.name === 'registerPeer') {
      this.answer('registerPeerResponse', { requestPk: !this.known.has(message.value.id) }, from);
    }
  }

  private answer<N extends keyof Messages>(
    name: N,
    value: Partial<Messages[N]>,
    to: SocketAddress,
  ): void {
    this.udp.send(encodeMessage(name, value), to.port, to.ip);
  }

  private async talk(socket: Socket): Promise<void> {
    const leg = new TcpLeg(socket);
    for (;;) {
      const message = await hear(leg, 60_000);
      if (message.name === 'ended') return;
      if (message.name === 'punchHoleRequest') await this.push(leg, message.value);
      if (message.name === 'punchHoleSent') await this.tellCaller(leg, message.value);
      if (message.name === 'requestRelay') this.pushRelay(leg, message.value);
      if (message.name === 'relayResponse') await this.tellRelay(leg, message.value);
    }
  }

  private async push(leg: TcpLeg, { id, natType }: Messages['punchHoleRequest']): Promise<void> {
    const callee = this.known.get(id);
    if (!callee) return tell(leg, 'punchHoleResponse', { failure: 0 });
    const socketAddr = this.hold(leg);
    const relayServer = `127.0.0.1:${String(this.port + 1)}`;
    const kind = this.natType === 2 ? 2 : natType;
    this.answer('punchHole', { socketAddr, natType: kind, relayServer }, callee.address);
  }

  private pushRelay(leg: TcpLeg, request: Messages['requestRelay']): void {
    const callee = this.known.get(request.id);
    const socketAddr = this.hold(leg);
    if (callee) this.answer('requestRelay', { ...request, socketAddr }, callee.address);
  }

  private async tellCaller(leg: TcpLeg, sent: Messages['punchHoleSent']): Promise<void> {
    const { natType, relayServer } = sent;
    const socketAddr = mangleAddress(leg.remote, 1);
    leg.close();
    const answer = { socketAddr, pk: this.sign(sent.id), natType, relayServer };
    await tell(this.callerOf(sent.socketAddr), 'punchHoleResponse', answer);
  }

  private async tellRelay(leg: TcpLeg, response: Messages['relayResponse']): Promise<void> {
    const { id, socketAddr, ...rest } = response;
    leg.close();
    const pk = id === undefined ? {} : { pk: this.sign(id) };
    await tell(this.callerOf(socketAddr), 'relayResponse', { ...rest, ...pk });
  }

  private hold(leg: TcpLeg): Buffer {
    this.callers.set(formatAddress(leg.remote), leg);
    return mangleAddress(leg.remote, 1);
  }

  private callerOf(socketAddr: Buffer): TcpLeg {
    const address = demangleAddress(socketAddr);
    const leg = address && this.callers.get(formatAddress(address));
    if (!leg) throw new Error('no such caller');
    return leg;
  }

  private sign(id: string): Buffer {
    const pk = this.known.get(id)?.pk ?? Buffer.alloc(0);
    return signCombined(encodeIdPk(id, pk), this.keys.secretKey);
  }

  /** Both halves of a session send their join in one segment here: nothing is reassembled. */
  private join(socket: Socket): void {
    socket.once('data', (chunk) => {
      if (typeof chunk === 'string') return;
      socket.pause();
      const headerBytes = ((chunk[0] ?? 0) & 3) + 1;
      const joinBytes = headerBytes + (chunk.readUIntLE(0, headerBytes) >> 2);
      const message = decodeMessage(chunk.subarray(headerBytes, joinBytes));
      socket.unshift(chunk.subarray(joinBytes));
      if (message.name !== 'requestRelay') return;
      const { uuid } = message.value;
      const partner = this.halves.get(uuid);
      if (!this.halves.delete(uuid)) this.halves.set(uuid, socket);
      if (!partner) return;
      partner.pipe(socket);
      socket.pipe(partner);
    });
  }
}
