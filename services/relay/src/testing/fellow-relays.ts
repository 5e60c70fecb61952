import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { closeRedis, keys, openRedis, redisReady, Tickets } from '@waystation/state';
import type { EndedSession, Redis, Ticket } from '@waystation/state';
import { entryOf, freePortBlock, joinRelay, Replica, startRedis, until } from '@waystation/testkit';
import type { Leg, RedisServer, TcpLeg, Transport, WsLeg } from '@waystation/testkit';

/** The key of all relays here. */
export const LICENCE_KEY = 'the licence key';
const UNLIMITED = { SINGLE_BANDWIDTH: '100000', TOTAL_BANDWIDTH: '100000' };

type LegOf<T extends Transport> = T extends 'tcp' ? TcpLeg : T extends 'ws' ? WsLeg : Leg;

/** Several compiled relays around one Redis; the test plays the rendezvous and the clients. */
export class FellowRelays {
  readonly replicas: Replica[] = [];
  readonly #clients: Leg[] = [];

  private constructor(
    readonly redis: RedisServer,
    readonly connection: Redis,
    /** Working folder of every relay. */
    readonly directory: string,
    private readonly env: Readonly<Record<string, string>>,
  ) {}

  /** With Redis and nobody else. */
  static async start(env: Readonly<Record<string, string>> = {}): Promise<FellowRelays> {
    const redis = await startRedis();
    const connection = openRedis(redis.url, 'fellow-relays');
    await redisReady(connection);
    const directory = await mkdtemp(join(tmpdir(), 'relays-'));
    return new FellowRelays(redis, connection, directory, env);
  }

  /** So many relays, each with ports of its own, or all on one. */
  async add(
    count: number,
    { shared = false, env = {} }: { shared?: boolean; env?: Record<string, string> } = {},
  ): Promise<Replica[]> {
    let port = await freePortBlock([0, 2]);
    const added: Replica[] = [];
    for (let i = 0; i < count; i += 1) {
      if (i > 0 && !shared) port = await freePortBlock([0, 2]);
      added.push(this.#launch(port, env));
    }
    await Promise.all(added.map((replica) => replica.ready()));
    return added;
  }

  /** A uuid, announced as a rendezvous does. */
  async ticket(uuid: string = randomUUID(), facts: Partial<Ticket> = {}): Promise<string> {
    const clients = { caller: '127.0.0.1:4000', callee: 'callee', calleeIp: '127.0.0.1' };
    const attempt = `attempt of ${uuid}`;
    await new Tickets(this.connection).issue({ uuid, attempt, ...clients, ...facts });
    return uuid;
  }

  async join<T extends Transport>(
    replica: Replica,
    uuid: string,
    transport: T,
    id?: string,
  ): Promise<LegOf<T>> {
    const relayServer = `127.0.0.1:${replica.port}`;
    const leg = await joinRelay({ relayServer, uuid, licenceKey: LICENCE_KEY, transport, id });
    return this.keep(leg) as LegOf<T>;
  }

  /** A client that `closeClients` ends as well. */
  keep<L extends Leg>(client: L): L {
    this.#clients.push(client);
    return client;
  }

  /** Two clients that have met, a caller and a callee, each at the replica given. */
  async pair<A extends Transport, B extends Transport>(
    [at, first]: [Replica, A],
    [there, second]: [Replica, B],
    announced?: string,
  ): Promise<[LegOf<A>, LegOf<B>]> {
    const uuid = announced ?? (await this.ticket());
    const a = await this.join(at, uuid, first, 'callee');
    if (at !== there) await this.claimed(uuid);
    const b = await this.join(there, uuid, second);
    await a.send(Buffer.from('first words'));
    const heard = await b.receive();
    if (heard?.toString() !== 'first words') throw new Error(`heard ${String(heard)}`);
    return [a, b];
  }

  /** Waits until a replica owns the uuid. */
  async claimed(uuid: string): Promise<void> {
    const isClaimed = async () => (await this.connection.exists(keys.pair(uuid))) === 1;
    await until(isClaimed, { everyMs: 1, what: 'the claim' });
  }

  /** What the relays have told about sessions that are over. */
  async records(): Promise<EndedSession[]> {
    const entries = await this.connection.xrange(keys.sessions, '-', '+');
    return entries.map(([, fields]) => JSON.parse(fields[1] ?? '') as EndedSession);
  }

  async recordOf(uuid: string): Promise<EndedSession> {
    const find = async () => (await this.records()).find((record) => record.uuid === uuid);
    return until(find, { what: `the record of ${uuid}` });
  }

  /** A metric's sum over all relays that run. */
  async sum(name: string, ...labels: string[]): Promise<number> {
    const running = this.replicas.filter(({ alive }) => alive);
    const values = await Promise.all(running.map((each) => each.metric(name, ...labels)));
    return values.reduce((total, value) => total + value, 0);
  }

  closeClients(): void {
    for (const client of this.#clients.splice(0)) client.abort();
  }

  async stop(): Promise<void> {
    this.closeClients();
    this.redis.resume();
    await Promise.all(this.replicas.map((replica) => replica.stop()));
    await closeRedis(this.connection);
    await this.redis.stop();
    await rm(this.directory, { recursive: true, force: true });
  }

  #launch(port: number, env: Record<string, string>): Replica {
    const replica = new Replica({
      service: 'relay',
      entry: entryOf('relay'),
      port,
      cwd: this.directory,
      runDir: this.directory,
      env: {
        REDIS_URL: this.redis.url,
        LOG_FORMAT: 'json',
        KEY: LICENCE_KEY,
        WAYSTATION_HOST: '127.0.0.1',
        WAYSTATION_DRAIN_SECONDS: '1',
        ...UNLIMITED,
        ...this.env,
        ...env,
      },
      args: ['-p', String(port)],
    });
    this.replicas.push(replica);
    return replica;
  }
}
