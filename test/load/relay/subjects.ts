import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startOwnRelay } from './own-relay.js';

/** A relay under measurement. */
export interface Subject {
  readonly name: string;
  readonly pid: number;
  /** Where callers connect. */
  readonly port: number;
  /**
   * `join`: both legs connect and send a RequestRelay. `through`: it knows no pairing; the callee
   * listens on `sinkPort` and every connection of a caller is carried there.
   */
  readonly mode: 'join' | 'through';
  readonly sinkPort: number;
  stop(): void;
}

/** The programs to measure beside ours, by what the command line named. */
export interface Programs {
  readonly hbbr?: string | undefined;
  readonly haproxy?: string | undefined;
  /** `name=port:pid` of a relay that runs already. */
  readonly running: readonly string[];
}

const SINK_PORT = 21_400;

/** Starts every program in a directory of its own and waits until it accepts connections. */
export async function startSubjects(programs: Programs, address: string): Promise<Subject[]> {
  const subjects: Subject[] = [];
  subjects.push(await startOwnRelay('waystation', 21_200, 'auto'));
  subjects.push(await startOwnRelay('waystation-copied', 21_240, 'off'));
  if (programs.hbbr !== undefined) {
    const { hbbr } = programs;
    subjects.push(
      await start('hbbr', 'join', 21_210, address, () => [hbbr, '-b', address, '-p', '21210']),
    );
  }
  if (programs.haproxy !== undefined) {
    const { haproxy } = programs;
    const make = (directory: string): string[] => {
      const file = join(directory, 'haproxy.cfg');
      writeFileSync(file, haproxyConfig(address, 21_220));
      return [haproxy, '-db', '-f', file];
    };
    subjects.push(await start('haproxy-splice', 'through', 21_220, address, make));
  }
  for (const text of programs.running) subjects.push(runningSubject(text));
  return subjects;
}

async function start(
  name: string,
  mode: Subject['mode'],
  port: number,
  address: string,
  command: (directory: string) => string[],
): Promise<Subject> {
  const directory = mkdtempSync(join(tmpdir(), `load-${name}-`));
  const [file = '', ...argv] = command(directory);
  // Every pair is two descriptors, and upstream's defaults would limit a bulk transfer.
  const child = spawn('sh', ['-c', 'ulimit -n "$(ulimit -Hn)"; exec "$0" "$@"', file, ...argv], {
    cwd: directory,
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      ...process.env,
      SINGLE_BANDWIDTH: '1000000',
      TOTAL_BANDWIDTH: '1000000',
      LIMIT_SPEED: '1000000',
    },
  });
  await accepting(child, name, port, address);
  const stop = (): void => {
    child.kill('SIGKILL');
    rmSync(directory, { recursive: true, force: true });
  };
  return { name, pid: child.pid ?? 0, port, mode, sinkPort: SINK_PORT, stop };
}

async function accepting(
  child: ChildProcess,
  name: string,
  port: number,
  host: string,
): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    if (child.exitCode !== null) throw new Error(`${name} ended at once`);
    const accepted = await new Promise<boolean>((resolve) => {
      const socket = connect({ port, host }, () => {
        socket.destroy();
        resolve(true);
      });
      socket.once('error', () => {
        resolve(false);
      });
    });
    if (accepted) return;
    await sleep(100);
  }
  throw new Error(`${name} does not accept connections on port ${String(port)}`);
}

function runningSubject(text: string): Subject {
  const match = /^([\w-]+)=(\d+):(\d+)$/.exec(text);
  if (match === null) throw new Error(`--running ${text}: expected name=port:pid`);
  const [, name = '', port, pid] = match;
  const figures = { pid: Number(pid), port: Number(port), sinkPort: SINK_PORT };
  return { name, mode: 'join', ...figures, stop: () => undefined };
}

function haproxyConfig(address: string, port: number): string {
  return `global
  no strict-limits
  maxconn 20000
  nbthread 2
  maxpipes 4000
defaults
  mode tcp
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  option splice-request
  option splice-response
listen relay
  bind ${address}:${String(port)} backlog 4096
  server sink ${address}:${String(SINK_PORT)}
`;
}
