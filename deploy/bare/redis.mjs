import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { delimiter, join } from 'node:path';
import { outcome } from './run-command.mjs';
import { Stop, say } from './say.mjs';

const PROGRAMS = ['redis-server', 'valkey-server'];
/** Names the process that started the Redis of a folder. */
const OWNER = 'owner.pid';
const MOST_LINES = 5;

/** Path of a Redis (or Valkey) program; installs the distribution's package where we may. */
export async function findRedis() {
  return onPath(PROGRAMS) ?? (await installRedis());
}

function onPath(names) {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/local/bin', '/usr/bin'];
  for (const name of names) {
    for (const folder of folders) {
      const path = join(folder, name);
      if (isProgram(path)) return path;
    }
  }
  return undefined;
}

function isProgram(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    // not there or not ours to run: look on
    return false;
  }
}

async function installRedis() {
  if (process.getuid?.() !== 0 || onPath(['apt-get']) === undefined) throw new Stop(remedy());
  say('installing Redis from the distribution (apt-get install redis-server) …');
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const apt = (...args) =>
    outcome('apt-get', ['-q', '-o', 'DPkg::Lock::Timeout=300', ...args], { env });
  for (const name of PROGRAMS) {
    await apt('update');
    await apt('install', '-y', '--no-install-recommends', name);
    const found = onPath(PROGRAMS);
    if (found !== undefined) return found;
  }
  throw new Stop(remedy());
}

function remedy() {
  const or =
    'or set REDIS_URL to a Redis that runs already, for example REDIS_URL=redis://:password@10.0.0.5:6379';
  return `Redis is needed: type "${installCommand()}" and start again, ${or}.`;
}

function installCommand() {
  const sudo = process.getuid?.() === 0 ? '' : 'sudo ';
  if (onPath(['apt-get'])) return `${sudo}apt-get install -y redis-server`;
  if (onPath(['dnf'])) return `${sudo}dnf install -y valkey`;
  if (onPath(['apk'])) return `${sudo}apk add redis`;
  if (onPath(['pacman'])) return `${sudo}pacman -S valkey`;
  return 'brew install redis';
}

/**
 * Starts a private Redis on loopback, with a password, that keeps its data in `folder` by an
 * append-only file. Returns its address, its process and what it said last.
 */
export async function startRedis(program, folder) {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const pidFile = join(folder, 'redis.pid');
  await endLeftover(pidFile, folder);
  const port = await freePort();
  const password = randomBytes(24).toString('hex');
  const conf = join(folder, 'redis.conf');
  const lines = [
    'bind 127.0.0.1',
    `port ${port}`,
    `requirepass ${password}`,
    `dir "${folder}"`,
    `pidfile "${pidFile}"`,
    'daemonize no',
    'appendonly yes',
    'appendfsync everysec',
    'loglevel warning',
  ];
  writeFileSync(conf, `${lines.join('\n')}\n`, { mode: 0o600 });
  chmodSync(conf, 0o600);
  // a group of its own: Ctrl-C reaches us alone, and we end Redis last
  const child = spawn(program, [conf], { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  child.on('error', (error) => say(`${program} cannot be started: ${error.message}`));
  writeFileSync(pidFile, `${child.pid}\n`);
  writeFileSync(join(folder, OWNER), `${process.pid}\n`);
  const lastLines = keepLastLines(child);
  return { url: `redis://:${password}@127.0.0.1:${port}`, child, lastLines };
}

/** What it says is only of interest when it ends; a disk that is full, for one, is told nowhere else. */
function keepLastLines(child) {
  let said = '';
  const keep = (chunk) => {
    said = (said + chunk).slice(-4_000);
  };
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  return () => said.trim().split('\n').slice(-MOST_LINES);
}

/** Address of the Redis that `npm start` runs in the folder now; undefined when none does. */
export function runningRedis(folder) {
  const pidFile = join(folder, 'redis.pid');
  const conf = join(folder, 'redis.conf');
  if (!existsSync(pidFile) || !existsSync(conf)) return undefined;
  if (!worksIn(Number(readFileSync(pidFile, 'utf8')), folder)) return undefined;
  const lines = readFileSync(conf, 'utf8');
  const value = (name) => new RegExp(`^${name} (.*)$`, 'm').exec(lines)?.[1];
  return `redis://:${value('requirepass')}@127.0.0.1:${value('port')}`;
}

/** A Redis that outlived its `npm start` still writes into the folder: two of them would spoil it. */
async function endLeftover(pidFile, folder) {
  if (!existsSync(pidFile)) return;
  const pid = Number(readFileSync(pidFile, 'utf8'));
  if (!worksIn(pid, folder)) return;
  const owner = ownerOf(pid, folder);
  if (owner !== undefined) {
    throw new Stop(
      `${folder} is in use by another start or command (process ${owner}): end that first, or name another folder with --data.`,
    );
  }
  say(`ending the Redis of an earlier start (process ${pid})`);
  process.kill(pid, 'SIGTERM');
  for (let wait = 0; wait < 100 && worksIn(pid, folder); wait++) {
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** The process that started it, if it lives: a Redis that outlives its parent gets another one. */
function ownerOf(pid, folder) {
  try {
    const owner = Number(readFileSync(join(folder, OWNER), 'utf8'));
    const [, parent] = /\) \S (\d+) /.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? [];
    return Number(parent) === owner ? owner : undefined;
  } catch {
    // of an earlier release, or gone just now
    return undefined;
  }
}

/** Whether the process is a Redis with that working folder; a pid may belong to anybody by now. */
function worksIn(pid, folder) {
  try {
    const name = readFileSync(`/proc/${pid}/comm`, 'utf8');
    return /redis|valkey/.test(name) && readlinkSync(`/proc/${pid}/cwd`) === folder;
  } catch {
    // no such process, or no /proc on this system
    return false;
  }
}

/** A port that nobody on loopback uses at this moment. */
export function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}
