import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Child } from './child.js';
import { freePorts } from './free-ports.js';
import { findOnPath, type RedisServer } from './redis-server.js';
import { connect } from 'node:net';
import { until } from './until.js';

const PRIMARY = 'main';
const SENTINELS = 3;
const QUORUM = 2;
const DATA_PASSWORD = 'data-password';
const SENTINEL_PASSWORD = 'sentinel-password';
/** A Sentinel takes a silent primary for dead after this long. */
const DOWN_AFTER_MS = 1_000;

/** A primary, its replica and three Sentinels that watch them, all with passwords. */
export interface RedisGroup extends RedisServer {
  /** The port of the primary of the moment, as the Sentinels know it. */
  primaryPort(): Promise<number>;
}

/**
 * Starts a group on loopback. `pause`, `resume`, `kill` and `restart` act on the server that was the
 * first primary; `url` names the Sentinels.
 */
export async function startRedisGroup(): Promise<RedisGroup> {
  const directory = await mkdtemp(join(tmpdir(), 'testkit-redis-group-'));
  const group = new Group(directory, await freePorts(2 + SENTINELS));
  try {
    await group.start();
  } catch (error) {
    await group.stop();
    throw error;
  }
  return group;
}

class Group implements RedisGroup {
  readonly url: string;
  readonly port: number;
  private readonly command = findOnPath(['redis-server', 'valkey-server']);
  private readonly sentinelPorts: readonly number[];
  private readonly secondPort: number;
  private first: Child | undefined;
  private readonly others: Child[] = [];

  constructor(
    private readonly directory: string,
    [first = 0, second = 0, ...sentinels]: readonly number[],
  ) {
    this.port = first;
    this.secondPort = second;
    this.sentinelPorts = sentinels;
    const places = sentinels.map((port) => `127.0.0.1:${String(port)}`).join(',');
    this.url = `redis+sentinel://:${DATA_PASSWORD}@${places}/${PRIMARY}?sentinelPassword=${SENTINEL_PASSWORD}`;
  }

  async start(): Promise<void> {
    this.first = await this.launchData(this.port);
    const follow = ['--replicaof', '127.0.0.1', String(this.port)];
    this.others.push(await this.launchData(this.secondPort, follow));
    for (const port of this.sentinelPorts) this.others.push(await this.launchSentinel(port));
    const [sentinel = 0] = this.sentinelPorts;
    const counts = new RegExp(`slaves=1,sentinels=${String(SENTINELS)}`);
    await until(async () => counts.test(await ask(sentinel, SENTINEL_PASSWORD, 'INFO sentinel')), {
      timeoutMs: 30_000,
      everyMs: 100,
      what: 'the Sentinels to know each other and the replica',
    });
    const synced = /master_link_status:up/;
    await until(
      async () => synced.test(await ask(this.secondPort, DATA_PASSWORD, 'INFO replication')),
      { timeoutMs: 30_000, everyMs: 100, what: 'the replica to follow' },
    );
  }

  async primaryPort(): Promise<number> {
    for (const port of this.sentinelPorts) {
      const question = `SENTINEL get-master-addr-by-name ${PRIMARY}`;
      const found = /\$\d+\r\n(\d{4,5})\r\n/.exec(await ask(port, SENTINEL_PASSWORD, question));
      if (found?.[1] !== undefined) return Number(found[1]);
    }
    throw new Error('no Sentinel names a primary');
  }

  pause(): void {
    this.first?.signal('SIGSTOP');
  }

  resume(): void {
    this.first?.signal('SIGCONT');
  }

  async kill(): Promise<void> {
    this.first?.signal('SIGKILL');
    await this.first?.finished(5_000);
  }

  async restart(): Promise<void> {
    await this.first?.stop();
    this.first = await this.launchData(this.port);
  }

  async stop(): Promise<void> {
    const all = this.first === undefined ? this.others : [this.first, ...this.others];
    await Promise.all(all.map((child) => child.stop()));
    await rm(this.directory, { recursive: true, force: true });
  }

  private async launchData(port: number, more: readonly string[] = []): Promise<Child> {
    const dir = await this.folder(port);
    const password = ['--requirepass', DATA_PASSWORD, '--masterauth', DATA_PASSWORD];
    const place = ['--port', String(port), '--bind', '127.0.0.1', '--dir', dir, '--save', ''];
    const args = [...place, ...password, '--repl-diskless-sync-delay', '0', ...more];
    return this.launch(port, DATA_PASSWORD, dir, args);
  }

  private async launchSentinel(port: number): Promise<Child> {
    const dir = await this.folder(port);
    const file = join(dir, 'sentinel.conf');
    const lines = [
      `port ${String(port)}`,
      'bind 127.0.0.1',
      `dir ${dir}`,
      `requirepass ${SENTINEL_PASSWORD}`,
      `sentinel sentinel-pass ${SENTINEL_PASSWORD}`,
      `sentinel monitor ${PRIMARY} 127.0.0.1 ${String(this.port)} ${String(QUORUM)}`,
      `sentinel auth-pass ${PRIMARY} ${DATA_PASSWORD}`,
      `sentinel down-after-milliseconds ${PRIMARY} ${String(DOWN_AFTER_MS)}`,
      `sentinel failover-timeout ${PRIMARY} 6000`,
    ];
    await writeFile(file, `${lines.join('\n')}\n`);
    return this.launch(port, SENTINEL_PASSWORD, dir, [file, '--sentinel']);
  }

  private async launch(
    port: number,
    password: string,
    cwd: string,
    args: readonly string[],
  ): Promise<Child> {
    const child = new Child({
      command: this.command,
      args,
      cwd,
      env: { PATH: process.env['PATH'] },
    });
    const answers = async (): Promise<boolean> =>
      !child.alive || (await ask(port, password, 'PING')).includes('+PONG');
    await until(answers, { timeoutMs: 15_000, what: `Redis on port ${String(port)}` });
    if (!child.alive) throw new Error(`redis-server ended: ${child.output}`);
    return child;
  }

  private async folder(port: number): Promise<string> {
    const folder = join(this.directory, String(port));
    await mkdir(folder, { recursive: true });
    return folder;
  }
}

/** What comes back for one command within half a second of silence; empty when nobody listens. */
function ask(port: number, password: string, command: string): Promise<string> {
  return new Promise((resolve) => {
    let heard = '';
    const socket = connect(port, '127.0.0.1', () => {
      socket.end(`AUTH ${password}\r\n${command}\r\n`);
    });
    socket.setTimeout(500, () => socket.destroy());
    socket.on('data', (chunk: Buffer) => (heard += chunk.toString()));
    socket.once('error', () => socket.destroy());
    socket.once('close', () => resolve(heard));
  });
}
