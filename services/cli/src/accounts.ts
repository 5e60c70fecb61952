import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { type Readable, type Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { Failure } from './failure.js';
import { atEnd } from './process-end.js';

/** The api's own program for its database; it reads the same settings as we do. */
const PROGRAM = fileURLToPath(new URL('../../api/dist/accounts-program.js', import.meta.url));

/** Writes all accounts, as one moment has them, to `sink`. Throws Failure in the program's words. */
export async function dumpAccounts(sink: Writable): Promise<void> {
  const child = start(['dump']);
  child.stdin.end();
  await Promise.all([pipeline(child.stdout, sink), child.ended]);
}

/** Loads a dump; returns the rows of each table. Throws Failure, and nothing is changed then. */
export async function loadAccounts(
  dump: Readable,
  force: boolean,
): Promise<Record<string, number>> {
  const child = start(force ? ['load', '--force'] : ['load']);
  // a program that refuses the dump closes its end: its own words say why
  const fed = pipeline(dump, child.stdin).catch(() => undefined);
  const [answer] = await Promise.all([text(child.stdout), child.ended, fed]);
  const { rows } = JSON.parse(answer) as { rows: Record<string, number> };
  return rows;
}

/** Asks the database; `pending` counts steps to this release's schema. */
export async function checkAccounts(): Promise<{ users: number; pending: number }> {
  const child = start(['check']);
  child.stdin.end();
  const [answer] = await Promise.all([text(child.stdout), child.ended]);
  return JSON.parse(answer) as { users: number; pending: number };
}

/** What became of the rows of one table of another server. */
export interface TakenTable {
  readonly read: number;
  readonly taken: number;
  readonly skipped: readonly { readonly row: string; readonly reason: string }[];
}

export interface TakenOver {
  readonly tables: Readonly<Record<string, TakenTable>>;
  readonly administrators: readonly string[];
}

/** Takes rows of another server over. Throws Failure in the program's words. */
export async function takeOver(request: Readonly<Record<string, unknown>>): Promise<TakenOver> {
  const child = start(['takeover']);
  child.stdin.end(JSON.stringify(request));
  const [answer] = await Promise.all([text(child.stdout), child.ended]);
  return JSON.parse(answer) as TakenOver;
}

/** Changes users in the database itself. Throws Failure in the program's words. */
export async function changeUsers(request: Readonly<Record<string, unknown>>): Promise<unknown> {
  const child = start(['users']);
  child.stdin.end(JSON.stringify(request));
  const [answer] = await Promise.all([text(child.stdout), child.ended]);
  return JSON.parse(answer);
}

function start(args: readonly string[]) {
  const child = spawn(process.execPath, [PROGRAM, ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
  child.once(
    'close',
    atEnd(() => child.kill()),
  );
  child.stdin.on('error', () => undefined);
  const closed = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const ended = Promise.all([closed, text(child.stderr)]).then(([code, words]) => {
    if (code !== 0) throw new Failure(words.trim() || 'The accounts cannot be reached.');
  });
  return { stdin: child.stdin, stdout: child.stdout, ended };
}
