import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import type { AddressInfo, Server, Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import type { PairLimits } from '../pump.js';
import type { PumpOptions } from '../launch.js';
import { Pump } from '../pump.js';
import type { PumpEnd } from '../pump-end.js';
import type { PumpedPair } from '../pumped-pair.js';

/** Two clients whose connections the pump has joined. */
export interface Joined {
  readonly a: Socket;
  readonly b: Socket;
  readonly pair: PumpedPair;
  readonly end: Promise<PumpEnd>;
}

/** A server on loopback that gives every two connections to a pump, for tests. */
export class Junction {
  readonly #clients: Socket[] = [];

  private constructor(
    readonly pump: Pump,
    readonly server: Server,
  ) {}

  static async open(options: PumpOptions = {}): Promise<Junction> {
    const { pump, reason } = await Pump.start({ maxPairs: 4096, ...options });
    if (pump === undefined) throw new Error(`the pump cannot run: ${reason}`);
    const server = createServer({ pauseOnConnect: true, noDelay: true });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new Junction(pump, server);
  }

  /** One client and the server's side of its connection. */
  async leg(): Promise<{ client: Socket; accepted: Socket }> {
    const { port } = this.server.address() as AddressInfo;
    const client = connect({ port, host: '127.0.0.1', noDelay: true });
    const [accepted] = (await once(this.server, 'connection')) as [Socket];
    if (client.connecting) await once(client, 'connect');
    // Resets are part of several tests; what they cause is observed elsewhere.
    client.on('error', () => undefined);
    this.#clients.push(client);
    return { client, accepted };
  }

  async join(limits: PairLimits = {}): Promise<Joined> {
    const a = await this.leg();
    const b = await this.leg();
    const { promise: end, resolve } = Promise.withResolvers<PumpEnd>();
    const pair = this.pump.adopt(a.accepted, b.accepted, resolve, limits);
    if (pair === undefined) throw new Error('the pump did not take the pair');
    return { a: a.client, b: b.client, pair, end };
  }

  /** Ends everything, clients included; more than once does no harm. */
  async close(): Promise<void> {
    for (const client of this.#clients.splice(0)) client.destroy();
    this.server.close();
    await this.pump.stop();
  }
}

/** The number of descriptors that this process holds. */
export function openDescriptors(): number {
  return readdirSync('/proc/self/fd').length;
}

/** Collects what a socket receives. */
export function collect(socket: Socket): { bytes: number; text: () => string } {
  const chunks: Buffer[] = [];
  const collected = { bytes: 0, text: () => Buffer.concat(chunks).toString('latin1') };
  socket.on('data', (chunk: Buffer) => {
    collected.bytes += chunk.length;
    if (collected.bytes <= TEXT_BYTES) chunks.push(chunk);
  });
  return collected;
}

/** Only short conversations are kept as text. */
const TEXT_BYTES = 1024 * 1024;
