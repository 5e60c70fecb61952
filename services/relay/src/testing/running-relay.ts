import { randomUUID } from 'node:crypto';
import { AddressSet } from '@waystation/net';
import { createLog } from '@waystation/ops';
import { dialTcp, freePortBlock, joinRelay, until } from '@waystation/testkit';
import type { Leg as ClientLeg, TcpLeg, Transport, WsLeg } from '@waystation/testkit';
import { encodeFrame, encodeMessage } from '@waystation/wire';
import { Bandwidth, UNLIMITED } from '../bandwidth.js';
import type { BandwidthNumbers } from '../bandwidth.js';
import { LicenceKey } from '../licence-key.js';
import { PROTOCOL_LIMITS } from '../limits.js';
import type { RelayLimits } from '../limits.js';
import { PumpHouse } from '../pump-house.js';
import { Relay } from '../relay.js';

export const KEY = 'the licence key';

/** Clients of this relay can be opened with one word; everything ends with `stop`, or with its scope. */
export class RunningRelay implements AsyncDisposable {
  readonly clients: ClientLeg[] = [];

  constructor(
    readonly relay: Relay,
    readonly pumps: PumpHouse,
  ) {}

  get tcpPort(): number {
    return this.relay.ports[0] ?? 0;
  }

  /** A client that has sent its join. */
  async join(transport: 'tcp', uuid: string, licenceKey?: string): Promise<TcpLeg>;
  async join(transport: 'ws', uuid: string, licenceKey?: string): Promise<WsLeg>;
  async join(transport: Transport, uuid: string, licenceKey?: string): Promise<ClientLeg>;
  async join(transport: Transport, uuid: string, licenceKey = KEY): Promise<ClientLeg> {
    // As clients do: they find the WebSocket port themselves, two above this one.
    const relayServer = `127.0.0.1:${this.tcpPort}`;
    const leg = await joinRelay({ relayServer, uuid, licenceKey, transport });
    this.clients.push(leg);
    return leg;
  }

  /** Two clients that have met. */
  async pair<A extends Transport, B extends Transport>(
    first: A,
    second: B,
  ): Promise<[A extends 'tcp' ? TcpLeg : WsLeg, B extends 'tcp' ? TcpLeg : WsLeg]>;
  async pair(first: Transport, second: Transport): Promise<[ClientLeg, ClientLeg]> {
    const uuid = randomUUID();
    const sessions = this.relay.sessions.running.size;
    const a = await this.join(first, uuid);
    await this.waitingLegs(1);
    const b = await this.join(second, uuid);
    await until(() => this.relay.sessions.running.size > sessions, { what: 'the session' });
    return [a, b];
  }

  /** A TCP client that has said nothing. */
  async silent(from?: string): Promise<TcpLeg> {
    const host = from ?? '127.0.0.1';
    const leg = await dialTcp({ host, port: this.tcpPort });
    this.clients.push(leg);
    return leg;
  }

  waitingLegs(count: number): Promise<unknown> {
    return until(() => this.relay.pairing.waiting === count, { what: `${count} waiting legs` });
  }

  noSession(): Promise<unknown> {
    return until(() => this.relay.sessions.running.size === 0, { what: 'the session to end' });
  }

  async stop(): Promise<void> {
    for (const client of this.clients) client.abort();
    await this.relay.close(0);
    await this.pumps.stop();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}

/** How two TCP legs are joined; tests run their scenes with both. */
export const PUMPS = ['auto', 'off'] as const;

/** A relay on free ports with the key KEY; where its pump should run, it does. */
export async function runRelay(
  limits: Partial<RelayLimits> = {},
  numbers: Partial<BandwidthNumbers> = {},
  pump: (typeof PUMPS)[number] = 'auto',
): Promise<RunningRelay> {
  const log = createLog('relay-test', 'error');
  const key = new LicenceKey(KEY, neverAsked, log);
  await key.start(0);
  const pumps = await PumpHouse.open(pump, log);
  if (pump === 'auto' && !pumps.isRunning) throw new Error('the kernel pump does not run here');
  const bandwidth = new Bandwidth({ ...UNLIMITED, ...numbers });
  pumps.limit(bandwidth);
  const all = { ...PROTOCOL_LIMITS, ...limits };
  const relay = new Relay(all, key, log, undefined, bandwidth, pumps.rawPath);
  await relay.open({
    port: await freePortBlock([0, 2]),
    reusePort: false,
    maxPerAddress: 0,
    trustedProxies: AddressSet.none,
    proxyProtocol: false,
  });
  return new RunningRelay(relay, pumps);
}

/** The bytes of a join frame. */
export function joinFrame(uuid: string, licenceKey = KEY): Buffer {
  return encodeFrame(encodeMessage('requestRelay', { uuid, licenceKey }));
}

/** A text key is not looked up. */
const neverAsked = {
  read: () => Promise.resolve(undefined),
  wait: () => Promise.reject(new Error('the key is in the settings')),
};

/** Reads until so many raw bytes are there. */
export async function receiveRaw(leg: ClientLeg, bytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let total = 0;
  while (total < bytes) {
    const chunk = await leg.receive();
    if (chunk === undefined) throw new Error(`ended after ${total} bytes`);
    chunks.push(chunk);
    total += chunk.length;
  }
  return Buffer.concat(chunks);
}
