import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import { openDatagrams } from '@waystation/datagrams';
import type { DatagramEndpoint } from '@waystation/datagrams';
import { AddressSet, REFUSAL_REASONS, listenTcp, listenWs } from '@waystation/net';
import type { ListenOptions, Listener, RefusalReason } from '@waystation/net';
import type { Config, rendezvousSettings } from '@waystation/config';
import type { Log } from '@waystation/ops';
import { ClientSession, type SessionParts } from './client-session.js';
import { Datagrams } from './datagrams.js';
import { selfTest } from './self-test.js';
import type { UdpOutlet } from './udp-outlet.js';

export type RendezvousConfig = Config<typeof rendezvousSettings>;

/** What must run before the first client is let in, and may end only after the last one has left. */
export interface Background {
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** Time that callers have to get their answers when the replica ends. */
const DRAIN_MS = 2000;
const DRAIN_LOOK_MS = 50;

/** Opens UDP p, TCP p, TCP p-1 and WebSocket p+2 when everything else is ready, and closes them first. */
export class Ports implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly listeners: Listener[] = [];
  private readonly refused = new Map<RefusalReason, number>(
    REFUSAL_REASONS.map((reason) => [reason, 0]),
  );
  private udp: DatagramEndpoint | undefined;

  constructor(
    private readonly config: RendezvousConfig,
    private readonly background: Background,
    private readonly sessions: SessionParts,
    private readonly outlet: UdpOutlet,
    private readonly log: Log,
  ) {}

  /** Open client connections. */
  get connections(): number {
    return this.sessions.open.size;
  }

  /** Connections turned away before a byte was read, by reason. */
  refusals(): Iterable<[RefusalReason, number]> {
    return this.refused;
  }

  /** What became of datagrams that the kernel did not pass on. */
  get lostDatagrams(): { readonly received: number; readonly sent: number } {
    const { droppedDatagrams = 0, unsentDatagrams = 0 } = this.udp ?? {};
    return { received: droppedDatagrams, sent: unsentDatagrams };
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.background.start();
    const { port } = this.config;
    await this.openUdp(port);
    const { connectionsPerAddress, natConnectionsPerAddress } = this.config;
    const main = this.listenOptions(port, connectionsPerAddress);
    const nat = this.listenOptions(port - 1, natConnectionsPerAddress);
    const ws = { ...this.listenOptions(port + 2, connectionsPerAddress), proxyProtocol: false };
    this.listeners.push(
      await listenTcp(main, (c) => ClientSession.tcp(c, this.sessions)),
      await listenTcp(nat, (c) => ClientSession.nat(c, this.sessions)),
      await listenWs(ws, (c) => ClientSession.ws(c, this.sessions)),
    );
    await this.test();
    const batched = this.udp?.batched ?? false;
    const tcp = { tcp: port, natTest: port - 1, webSocket: port + 2 };
    this.log.info('listening', { udp: port, batched, ...tcp });
  }

  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all(this.listeners.map((listener) => listener.close()));
    const end = performance.now() + DRAIN_MS;
    while (this.sessions.callers.size > 0 && performance.now() < end) {
      await new Promise((resolve) => setTimeout(resolve, DRAIN_LOOK_MS));
    }
    for (const connection of this.sessions.open.values()) connection.close('shutdown', 1001);
    await this.background.stop();
    this.outlet.use(undefined);
    await this.udp?.close();
  }

  private async openUdp(port: number): Promise<void> {
    const datagrams = new Datagrams(this.sessions.ctx, this.outlet.send);
    const options = { ...this.place(port), receiveBufferBytes: this.config.receiveBufferBytes };
    this.udp = await openDatagrams(options, datagrams.receive);
    this.outlet.use(this.udp);
  }

  private place(port: number): {
    readonly port: number;
    readonly reusePort: boolean;
    host?: string;
  } {
    const { bind } = this.config;
    return { port, reusePort: true, ...(bind === '' ? {} : { host: bind }) };
  }

  private listenOptions(port: number, maxPerAddress: number): ListenOptions {
    return {
      ...this.place(port),
      maxPerAddress,
      trustedProxies: AddressSet.parse(this.config.trustedProxies.join(',')),
      proxyProtocol: this.config.proxyProtocol,
      refused: (reason) => this.refused.set(reason, (this.refused.get(reason) ?? 0) + 1),
    };
  }

  private async test(): Promise<void> {
    const { selfTest: target, port, bind } = this.config;
    if (target.toLowerCase() === 'no') return;
    const own = bind === '' ? '127.0.0.1' : bind;
    await selfTest(target === '' ? `${own.includes(':') ? `[${own}]` : own}:${port}` : target);
  }
}
