import { mkdtemp, rm } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { accessSync, constants } from 'node:fs';
import { Child } from './child.js';
import { freePort } from './free-ports.js';
import { until } from './until.js';

/** A private Redis of one test. */
export interface RedisServer {
  readonly url: string;
  readonly port: number;
  /** Freezes the server process: connections stay open, nothing is answered. */
  pause(): void;
  /** Lets a frozen server go on. */
  resume(): void;
  /** Ends the server abruptly; everything not in the append-only file is gone. */
  kill(): Promise<void>;
  /** Ends it when it runs and starts it again on the same port; data survives only with `appendOnly`. */
  restart(): Promise<void>;
  /** Ends it and removes its directory. */
  stop(): Promise<void>;
}

/** Options of a private Redis. */
export interface RedisOptions {
  /** Keep data over a restart through an append-only file written at every command; default false. */
  readonly appendOnly?: boolean;
  /** The port; default any free one. */
  readonly port?: number;
}

/** Starts a real redis-server or valkey-server from PATH on loopback, in a directory of its own. */
export async function startRedis(options: RedisOptions = {}): Promise<RedisServer> {
  const command = findOnPath(['redis-server', 'valkey-server']);
  const directory = await mkdtemp(join(tmpdir(), 'testkit-redis-'));
  const port = options.port ?? (await freePort());
  const start = () => launch(command, directory, port, options.appendOnly ?? false);
  let child = await start();
  return {
    url: `redis://127.0.0.1:${String(port)}`,
    port,
    pause: () => {
      child.signal('SIGSTOP');
    },
    resume: () => {
      child.signal('SIGCONT');
    },
    kill: async () => {
      child.signal('SIGKILL');
      await child.finished(5_000);
    },
    restart: async () => {
      await child.stop();
      child = await start();
    },
    stop: async () => {
      await child.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** The path of the first of `names` that PATH knows. Throws a sentence when there is none. */
export function findOnPath(names: readonly string[]): string {
  for (const name of names) {
    for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
      const candidate = join(folder, name);
      if (isExecutable(candidate)) return candidate;
    }
  }
  throw new Error(`install one of ${names.join(', ')}: the tests need it on PATH`);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    // Not there, or not ours to run: the next folder decides.
    return false;
  }
}

async function launch(
  command: string,
  directory: string,
  port: number,
  appendOnly: boolean,
): Promise<Child> {
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--dir', directory, '--save', ''];
  const persistence = appendOnly ? ['--appendonly', 'yes', '--appendfsync', 'always'] : [];
  const child = new Child({
    command,
    args: [...args, ...persistence],
    cwd: directory,
    env: { PATH: process.env['PATH'] },
  });
  try {
    await until(() => !child.alive || pings(port), { what: `Redis on port ${String(port)}` });
    if (!child.alive) throw new Error(`redis-server ended: ${child.output}`);
  } catch (error) {
    await child.stop();
    throw error;
  }
  return child;
}

/** True when the server answers PING with PONG. */
function pings(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ port, host: '127.0.0.1' }, () => socket.write('PING\r\n'));
    socket.setTimeout(500, () => socket.destroy());
    socket.once('data', (data) => {
      resolve(data.toString().startsWith('+PONG'));
      socket.destroy();
    });
    socket.once('error', () => {
      resolve(false);
    });
    socket.once('close', () => {
      resolve(false);
    });
  });
}
