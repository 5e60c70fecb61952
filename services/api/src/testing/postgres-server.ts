import { execFileSync } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import pg from 'pg';
import { Child, findOnPath, freePort, until } from '@waystation/testkit';

/** A private PostgreSQL of one test file. */
export interface PostgresServer {
  /** Makes an empty database and returns its address. */
  createDatabase(): Promise<string>;
  stop(): Promise<void>;
}

const DEBIAN_ROOT = '/usr/lib/postgresql';

/** The folder with initdb and postgres; undefined when the machine has none. */
export function findPostgres(): string | undefined {
  const debian = existsSync(DEBIAN_ROOT)
    ? readdirSync(DEBIAN_ROOT).map((release) => join(DEBIAN_ROOT, release, 'bin'))
    : [];
  const folders = [...debian, ...folderOnPath()];
  return folders.find((folder) =>
    ['initdb', 'postgres'].every((program) => existsSync(join(folder, program))),
  );
}

function folderOnPath(): string[] {
  try {
    return [dirname(findOnPath(['initdb']))];
  } catch {
    // Not on PATH; Debian does not put it there either.
    return [];
  }
}

/** Makes a cluster in a new directory and starts it on loopback; PostgreSQL refuses to run as root. */
export async function startPostgres(folder: string): Promise<PostgresServer> {
  const directory = mkdtempSync(join(tmpdir(), 'api-postgres-'));
  const account = unprivileged();
  if (account !== undefined) chownSync(directory, account.uid, account.gid);
  const data = join(directory, 'data');
  execFileSync(join(folder, 'initdb'), ['-D', data, '-U', 'tester', '-A', 'trust', '-N'], {
    ...account,
    cwd: directory,
    stdio: 'pipe',
  });
  const port = await freePort();
  const options = ['-p', String(port), '-h', '127.0.0.1', '-k', directory];
  const quick = ['-c', 'fsync=off', '-c', 'synchronous_commit=off', '-c', 'max_connections=50'];
  const server = new Child({
    command: join(folder, 'postgres'),
    args: ['-D', data, ...options, ...quick],
    cwd: directory,
    env: {},
    ...account,
  });
  const stop = async (): Promise<void> => {
    // at once: asked politely it would wait for its clients
    server.signal('SIGQUIT');
    await server.finished(10_000);
    rmSync(directory, { recursive: true, force: true });
  };
  await until(() => answers(port), { what: 'PostgreSQL', timeoutMs: 20_000 }).catch(
    async (error: unknown) => {
      await stop();
      throw error;
    },
  );
  let databases = 0;
  return {
    createDatabase: async () => {
      databases++;
      await query(port, `create database test${databases}`);
      return address(port, `test${databases}`);
    },
    stop,
  };
}

function unprivileged(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const number = (flag: string): number =>
    Number(execFileSync('id', [flag, 'nobody'], { encoding: 'utf8' }));
  return { uid: number('-u'), gid: number('-g') };
}

function address(port: number, database: string): string {
  return `postgres://tester@127.0.0.1:${port}/${database}`;
}

async function answers(port: number): Promise<boolean> {
  try {
    await query(port, 'select 1');
    return true;
  } catch {
    // Not up yet; `until` asks again.
    return false;
  }
}

async function query(port: number, text: string): Promise<void> {
  const client = new pg.Client({ connectionString: address(port, 'postgres') });
  try {
    await client.connect();
    await client.query(text);
  } finally {
    await client.end();
  }
}
