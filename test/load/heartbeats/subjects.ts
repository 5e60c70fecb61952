import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Child, freePortBlock, startStack, until, type Stack } from '@waystation/testkit';

/** A server under measurement. */
export interface Subject {
  readonly name: string;
  /** Main ports; several replicas of one server. */
  readonly ports: readonly number[];
  readonly pids: readonly number[];
  /** What clients send as licence key. */
  readonly key: string;
  /** The stack, if it is ours. */
  readonly stack?: Stack;
  stop(): Promise<void>;
}

/** Receive buffer that every subject gets, so that losses are compared on equal terms. */
const RECEIVE_BUFFER_BYTES = 4 * 1024 * 1024;

/** No limits that a load from one machine would run into; nothing else differs from the defaults. */
const UNLIMITED = {
  RMEM: String(RECEIVE_BUFFER_BYTES),
  LIMIT_REGISTRATIONS_PER_MINUTE: '0',
  LIMIT_NEW_IDS_PER_MINUTE: '0',
  LIMIT_NEW_IDS_PER_DAY: '0',
  LIMIT_NEW_IDS_PER_MINUTE_OVERALL: '0',
  PUNCH_PER_SOURCE: '0',
  PUNCH_PER_TARGET: '0',
} as const;
const REGISTRY_SETTINGS = Object.keys(UNLIMITED).filter((name) => name.startsWith('LIMIT_'));

/** Settings of one service among those above: a service stops at names it does not know. */
function settingsOf(service: 'registry' | 'rendezvous'): Record<string, string> {
  const entries = Object.entries(UNLIMITED);
  return Object.fromEntries(
    entries.filter(([name]) => REGISTRY_SETTINGS.includes(name) === (service === 'registry')),
  );
}

/** How to start our stack. */
export interface StackWish {
  readonly replicas?: number;
  /** False: one datagram per system call, as where FFI is missing. */
  readonly batches?: boolean;
  readonly nodeOptions?: string;
}

/** Our registry, rendezvous and Redis. */
export async function startWaystation(name: string, wish: StackWish = {}): Promise<Subject> {
  const options = [wish.nodeOptions, wish.batches === false ? '--no-experimental-ffi' : undefined];
  const nodeOptions = options.filter((option) => option !== undefined).join(' ');
  const stack = await startStack({
    rendezvous: wish.replicas ?? 1,
    relay: 0,
    serviceEnv: {
      registry: settingsOf('registry'),
      rendezvous: {
        ...settingsOf('rendezvous'),
        ...(nodeOptions === '' ? {} : { NODE_OPTIONS: nodeOptions }),
      },
    },
  });
  return {
    name,
    ports: stack.rendezvous.map(({ port }) => port),
    pids: stack.rendezvous.map(({ pid }) => pid ?? 0),
    key: stack.key,
    stack,
    stop: () => stack.stop(),
  };
}

/** Upstream's hbbs, in a directory of its own. */
export async function startHbbs(program: string): Promise<Subject> {
  const directory = mkdtempSync(join(tmpdir(), 'load-hbbs-'));
  const port = await freePortBlock([-1, 0, 2]);
  const args = ['-p', String(port), '-M', String(RECEIVE_BUFFER_BYTES)];
  const child = startProgram(program, args, directory);
  const keyFile = join(directory, 'id_ed25519.pub');
  const key = await until(() => readFileSync(keyFile, 'utf8').trim(), { what: 'the key of hbbs' });
  const subject = childSubject('hbbs', port, child, directory);
  return { ...subject, key };
}

/** A responder in another language, started as `PROGRAM PORT`, that answers every datagram with 3a00. */
export async function startNative(program: string): Promise<Subject> {
  const directory = mkdtempSync(join(tmpdir(), 'load-native-'));
  const port = await freePortBlock([0]);
  return childSubject('native', port, startProgram(program, [String(port)], directory), directory);
}

function startProgram(command: string, args: readonly string[], cwd: string): Child {
  return new Child({ command, args, cwd, env: { PATH: process.env['PATH'] } });
}

function childSubject(name: string, port: number, child: Child, directory: string): Subject {
  return {
    name,
    ports: [port],
    pids: [child.pid ?? 0],
    key: '',
    stop: async () => {
      await child.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
