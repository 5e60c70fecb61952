import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePortBlock, freeServerPorts, type ServerPorts } from './free-ports.js';
import { startRedis, type RedisOptions, type RedisServer } from './redis-server.js';
import { Replica, type ServiceName } from './replica.js';
import type { ServerAddress } from './server-address.js';

/** How many of what to start. */
export interface StackOptions {
  /** Rendezvous replicas; default 1. */
  readonly rendezvous?: number;
  /** Relay replicas; default 1. */
  readonly relay?: number;
  /**
   * `separate` (default): every replica on ports of its own, so that a test decides who talks to whom.
   * `shared`: all replicas of a service on the same ports, the kernel decides, as in production.
   * `server`: the same, and the ports of the services lie to each other as those of a real server.
   */
  readonly ports?: 'separate' | 'shared' | 'server';
  /**
   * True (default) names every relay to every rendezvous in RELAY_SERVERS. False leaves that out: relays
   * have to make themselves known.
   */
  readonly listRelays?: boolean;
  /** Settings for every service. */
  readonly env?: Readonly<Record<string, string>>;
  /** Settings for one kind of service, over `env`. */
  readonly serviceEnv?: Partial<Record<ServiceName, Readonly<Record<string, string>>>>;
  readonly redis?: RedisOptions;
  /** Another Redis than one server with the options above; the stack ends it. */
  readonly redisServer?: RedisServer;
}

// p-1, p and p+2; q and q+2.
const PORT_OFFSETS = { rendezvous: [-1, 0, 2], relay: [0, 2] } as const;
const LOOPBACK = '127.0.0.1';

/** All services as processes, with a Redis and directories of their own. */
export class Stack {
  readonly replicas: Replica[] = [];
  private publicKey = '';
  private relayPorts: readonly number[] = [];
  private serverPorts: ServerPorts | undefined;

  private constructor(
    readonly redis: RedisServer,
    /** The directory of everything; `keys` in it holds the key files. */
    readonly directory: string,
    private readonly options: StackOptions,
  ) {}

  /** Starts everything and waits until every replica is ready; leaves nothing behind when that fails. */
  static async start(options: StackOptions = {}): Promise<Stack> {
    const directory = await mkdtemp(join(tmpdir(), 'testkit-stack-'));
    for (const name of ['run', 'keys', 'cwd']) await mkdir(join(directory, name));
    const stack = new Stack(
      options.redisServer ?? (await startRedis(options.redis)),
      directory,
      options,
    );
    try {
      await stack.startAll();
    } catch (error) {
      await stack.stop();
      throw error;
    }
    return stack;
  }

  /** The server's public key as clients have it in their settings. */
  get key(): string {
    return this.publicKey;
  }

  /** The rendezvous replicas, in the order they were started. */
  get rendezvous(): Replica[] {
    return this.replicas.filter(({ service }) => service === 'rendezvous');
  }

  /** The relay replicas, in the order they were started. */
  get relays(): Replica[] {
    return this.replicas.filter(({ service }) => service === 'relay');
  }

  /** The registry. */
  get registry(): Replica {
    return this.nth('registry', 0);
  }

  /** The address of rendezvous replica `index`, for clients. */
  server(index = 0): ServerAddress {
    return { host: LOOPBACK, port: this.nth('rendezvous', index).port };
  }

  /** The address of relay replica `index`, as servers hand it out. */
  relayAddress(index = 0): string {
    return `${LOOPBACK}:${String(this.nth('relay', index).port)}`;
  }

  /** One more replica, ready; on `port` when given, with settings of its own over all others. */
  async add(
    service: ServiceName,
    port?: number,
    env: Readonly<Record<string, string>> = {},
  ): Promise<Replica> {
    const replica = this.launch(service, port ?? (await this.portFor(service)), env);
    return replica.ready();
  }

  /** The HTTP port of the api; 0 unless the ports lie like a real server's. */
  get apiPort(): number {
    return this.serverPorts === undefined ? 0 : this.serverPorts.rendezvous - 2;
  }

  /** Ends a replica as a crash does. */
  async kill(replica: Replica): Promise<void> {
    replica.signal('SIGKILL');
    await replica.finished();
  }

  /** What all replicas printed, each line under its service and process id. */
  logs(): string {
    return this.replicas
      .map(({ service, pid, output }) => output.replace(/^(?=.)/gm, `${service} ${String(pid)}: `))
      .join('');
  }

  /** Ends everything and removes the directories. */
  async stop(): Promise<void> {
    await Promise.all(this.replicas.map((replica) => replica.stop()));
    await this.redis.stop();
    await rm(this.directory, { recursive: true, force: true });
  }

  private async startAll(): Promise<void> {
    if (this.options.ports === 'server') this.serverPorts = await freeServerPorts();
    await this.launch('registry', 0).ready();
    const { rendezvous = 1, relay = 1 } = this.options;
    this.relayPorts = await this.portsFor('relay', relay);
    for (const port of this.relayPorts) this.launch('relay', port);
    for (const port of await this.portsFor('rendezvous', rendezvous))
      this.launch('rendezvous', port);
    await Promise.all(this.replicas.map((replica) => replica.ready()));
    this.publicKey = await this.readPublicKey();
  }

  private launch(
    service: ServiceName,
    port: number,
    env: Readonly<Record<string, string>> = {},
  ): Replica {
    const replica = new Replica({
      service,
      port,
      entry: entryOf(service),
      cwd: join(this.directory, 'cwd'),
      runDir: join(this.directory, 'run'),
      env: { ...this.envOf(service, port), ...env },
    });
    this.replicas.push(replica);
    return replica;
  }

  private envOf(service: ServiceName, port: number): Record<string, string> {
    return {
      REDIS_URL: this.redis.url,
      WAYSTATION_HOST: LOOPBACK,
      LOG_FORMAT: 'json',
      ...(service === 'registry' ? { KEY_DIR: join(this.directory, 'keys') } : {}),
      ...(service === 'relay' ? { WAYSTATION_DRAIN_SECONDS: '1' } : {}),
      ...(service === 'rendezvous' && this.options.listRelays !== false
        ? { RELAY_SERVERS: this.relayList() }
        : {}),
      ...(this.apiPort === 0 ? {} : { API_PORT: String(this.apiPort) }),
      ...(service === 'prober' ? { PORT: String(this.nth('rendezvous', 0).port) } : {}),
      // A relay takes the port behind the one in its environment (protocol 8.3).
      ...(port === 0 ? {} : { PORT: String(service === 'relay' ? port - 1 : port) }),
      ...this.options.env,
      ...this.options.serviceEnv?.[service],
    };
  }

  private relayList(): string {
    return [...new Set(this.relayPorts)].map((port) => `${LOOPBACK}:${String(port)}`).join(',');
  }

  private async portsFor(service: 'rendezvous' | 'relay', count: number): Promise<number[]> {
    if (this.serverPorts !== undefined) return Array<number>(count).fill(this.serverPorts[service]);
    if (this.options.ports === 'shared') {
      return Array<number>(count).fill(await freePortBlock(PORT_OFFSETS[service]));
    }
    const ports: number[] = [];
    while (ports.length < count) ports.push(await freePortBlock(PORT_OFFSETS[service]));
    return ports;
  }

  private async portFor(service: ServiceName): Promise<number> {
    if (service !== 'rendezvous' && service !== 'relay') return 0;
    const first = this.replicas.find((replica) => replica.service === service);
    const isShared = (this.options.ports ?? 'separate') !== 'separate';
    if (first && isShared) return first.port;
    return freePortBlock(PORT_OFFSETS[service]);
  }

  private nth(service: ServiceName, index: number): Replica {
    const replica = this.replicas.filter((each) => each.service === service)[index];
    if (!replica) throw new Error(`there is no ${service} number ${String(index)}`);
    return replica;
  }

  private async readPublicKey(): Promise<string> {
    try {
      return (await readFile(join(this.directory, 'keys', 'id_ed25519.pub'), 'utf8')).trim();
    } catch {
      // KEY was given, so there is no key file: the test that gave it knows the key.
      return '';
    }
  }
}

/** Starts the compiled services with their own Redis; see {@link StackOptions}. */
export function startStack(options: StackOptions = {}): Promise<Stack> {
  return Stack.start(options);
}

/** The compiled entry of a service of this repository. */
export function entryOf(service: ServiceName): string {
  return fileURLToPath(new URL(`../../../services/${service}/dist/main.js`, import.meta.url));
}
