import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** Where the services of a test listen; what clients are told is another loopback address. */
const INSIDE = '127.0.0.1';

/**
 * A "public address" in front of services on 127.0.0.1: like the port forwarding of a router, it hands
 * on what it is told to and nothing else.
 */
export class Forwarding {
  private readonly servers = new Map<string, Server>();
  private readonly sockets = new Set<Socket>();
  private udp: UdpSocket[] = [];

  constructor(readonly address: string) {}

  async tcp(...ports: readonly number[]): Promise<void> {
    for (const port of ports) {
      const server = createServer((outer) => {
        const inner = connect(port, INSIDE);
        for (const [from, to] of [
          [outer, inner],
          [inner, outer],
        ] as const) {
          this.sockets.add(from);
          from.on('error', () => to.destroy());
          from.on('close', () => to.destroy());
          from.pipe(to);
        }
      });
      server.listen(port, this.address);
      await once(server, 'listening');
      this.servers.set(String(port), server);
    }
  }

  /** One client socket is enough: every datagram from outside goes in from a socket of its sender. */
  async datagrams(port: number): Promise<void> {
    const outer = createSocket('udp4');
    const inner = new Map<number, UdpSocket>();
    outer.on('message', (data, from) => {
      const known = inner.get(from.port);
      const socket = known ?? createSocket('udp4');
      if (known === undefined) {
        inner.set(from.port, socket);
        this.udp.push(socket);
        socket.on('message', (answer) => outer.send(answer, from.port, from.address));
      }
      socket.send(data, port, INSIDE);
    });
    outer.bind(port, this.address);
    await once(outer, 'listening');
    this.udp.push(outer);
  }

  close(): void {
    for (const server of this.servers.values()) server.close();
    for (const socket of this.sockets) socket.destroy();
    for (const socket of this.udp) socket.close();
    this.udp = [];
  }
}
