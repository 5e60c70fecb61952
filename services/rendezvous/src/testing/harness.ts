// What the tests of this service share: raw clients and a way to say "on one replica and on two".
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import {
  Device,
  Queue,
  dial,
  loopbackAddress,
  startStack,
  tell,
  hear,
  type DeviceOptions,
  type Leg,
  type Stack,
} from '@waystation/testkit';
import {
  REGISTER_PEER_NEEDS_PK,
  encodeMessage,
  type MessageName,
  type Messages,
} from '@waystation/wire';

let lastAddress = 1000;

/** A source address that no other client of these tests has. */
export function freshAddress(): string {
  lastAddress += 1;
  return loopbackAddress(lastAddress);
}

/** A UDP socket that keeps what comes. */
export class UdpClient {
  readonly heard = new Queue<{ readonly data: Buffer; readonly port: number }>();

  private constructor(
    readonly socket: Socket,
    private readonly server: { readonly host: string; readonly port: number },
  ) {
    socket.on('message', (data, from) => this.heard.push({ data, port: from.port }));
  }

  static async open(
    server: { host: string; port: number },
    from = freshAddress(),
  ): Promise<UdpClient> {
    const socket = createSocket(server.host.includes(':') ? 'udp6' : 'udp4');
    socket.bind(0, from);
    await once(socket, 'listening');
    return new UdpClient(socket, server);
  }

  get port(): number {
    return this.socket.address().port;
  }

  sendRaw(bytes: Uint8Array): void {
    this.socket.send(bytes, this.server.port, this.server.host);
  }

  send<N extends MessageName>(name: N, value: Partial<Messages[N]>): void {
    this.sendRaw(encodeMessage(name, value));
  }

  /** The next datagram as hexadecimal. */
  async next(timeoutMs = 5000): Promise<string> {
    return (await this.heard.take(timeoutMs, 'a datagram')).data.toString('hex');
  }

  /**
   * True when everything sent so far got no answer: the server answers one socket in order, and what
   * comes next is the answer to a question asked now.
   */
  async wasIgnored(): Promise<boolean> {
    this.send('registerPeer', { id: 'nobody-has-this-id' });
    return (await this.next()) === REGISTER_PEER_NEEDS_PK.toString('hex');
  }

  close(): void {
    this.socket.close();
  }
}

/** Everything one test opened, closed at its end. */
export class Closing {
  private readonly closers: (() => unknown)[] = [];

  add<T>(thing: T, close: (thing: T) => unknown): T {
    this.closers.push(() => close(thing));
    return thing;
  }

  async all(): Promise<void> {
    for (const close of this.closers.splice(0).reverse()) await close();
  }
}

/** A stack and short words for what tests do with it. `at` is the number of a replica. */
export class Bench {
  readonly closing = new Closing();

  constructor(readonly stack: Stack) {}

  static async start(rendezvous: number, env: Record<string, string> = {}): Promise<Bench> {
    const serviceEnv = { rendezvous: { LOG_LEVEL: 'debug' } };
    return new Bench(await startStack({ rendezvous, relay: 0, env, serviceEnv }));
  }

  get key(): string {
    return this.stack.key;
  }

  async stop(): Promise<void> {
    await this.closing.all();
    await this.stack.stop();
  }

  /** A registered device that only records what is pushed to it. */
  async device(at: number, options: Partial<DeviceOptions> = {}): Promise<Device> {
    const device = new Device({
      server: this.stack.server(at),
      key: this.key,
      from: freshAddress(),
      mute: true,
      ...options,
    });
    this.closing.add(device, (d) => d.stop());
    return device.start();
  }

  async udp(at: number, from?: string): Promise<UdpClient> {
    return this.closing.add(await UdpClient.open(this.stack.server(at), from), (c) => c.close());
  }

  async leg(
    at: number,
    from = freshAddress(),
    transport: 'tcp' | 'ws' = 'tcp',
    headers: Record<string, string> = {},
  ): Promise<Leg> {
    const leg = await dial(transport, { ...this.stack.server(at), from, headers });
    return this.closing.add(leg, (l) => l.abort());
  }

  /** TCP p-1. */
  async natLeg(at: number, from = freshAddress()): Promise<Leg> {
    const { host, port } = this.stack.server(at);
    const leg = await dial('tcp', { host, port: port - 1, from });
    return this.closing.add(leg, (l) => l.abort());
  }

  /** Sends one message on a connection made for it, as callees do; returns when the server hung up. */
  async answer<N extends MessageName>(
    at: number,
    name: N,
    value: Partial<Messages[N]>,
    from = freshAddress(),
  ): Promise<Leg> {
    const leg = await this.leg(at, from);
    await tell(leg, name, value);
    await leg.ended(5000);
    return leg;
  }

  async punch(
    leg: Leg,
    id: string,
    more: Partial<Messages['punchHoleRequest']> = {},
  ): Promise<void> {
    await tell(leg, 'punchHoleRequest', { id, licenceKey: this.key, ...more });
  }
}

/** Runs `use` with a stack of one replica that has these settings. */
export async function withBench(
  env: Record<string, string>,
  use: (bench: Bench) => Promise<void>,
): Promise<void> {
  const bench = await Bench.start(1, env);
  try {
    await use(bench);
  } finally {
    await bench.stop();
  }
}

/** The next message, which must be of this kind. */
export async function expectMessage<N extends MessageName>(
  leg: Leg,
  name: N,
  timeoutMs = 5000,
): Promise<Messages[N]> {
  const heard = await hear(leg, timeoutMs);
  if (heard.name !== name) throw new Error(`expected ${name}, heard ${heard.name}`);
  return (heard as unknown as { value: Messages[N] }).value;
}

/** The last push to a device, which must be of this kind. */
export async function expectPush<N extends MessageName>(
  device: Device,
  name: N,
  count = 1,
): Promise<Messages[N]> {
  const deadline = performance.now() + 5000;
  while (device.pushes.length < count && performance.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  const push = device.pushes[count - 1];
  if (push?.name !== name) throw new Error(`expected ${name}, got ${push?.name ?? 'nothing'}`);
  return push.value as Messages[N];
}
