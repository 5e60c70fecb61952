// What the `waystation` command starts to reach the accounts while no api runs, or beside one:
// the api alone knows its database. `dump` writes to stdout, `load [--force]` reads stdin, `users`
// and `takeover` read one request from stdin, `check` only asks. Exit code 1 with a sentence on stderr when it cannot be done.
import 'reflect-metadata';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { apiSettings, readConfig } from '@waystation/config';
import { explainStart, type Log } from '@waystation/ops';
import { Refusal } from './http/refusal.js';
import { writeDump } from './offline/dump.js';
import { LoadError, loadDump } from './offline/load.js';
import { checkStore } from './offline/check.js';
import { takeOver } from './offline/takeover.js';
import { changeUsers } from './offline/users.js';
import { connectStore, type Store } from './store/open-store.js';
import { openVault, type Vault } from './store/vault.js';

const [command = '', option] = process.argv.slice(2);

const warn = (message: string): void => {
  process.stderr.write(`${message}\n`);
};
const silentBut: Log = { debug: () => undefined, info: () => undefined, warn, error: warn };

async function run(): Promise<void> {
  const config = readConfig(apiSettings, { argv: [] });
  const db = connectStore(config, silentBut);
  try {
    const kind = config.databaseUrl === '' ? 'sqlite' : 'postgresql';
    await perform(db, kind, () => openVault(config));
  } finally {
    await db.destroy();
  }
}

async function perform(
  db: Store,
  kind: 'sqlite' | 'postgresql',
  vault: () => Vault,
): Promise<void> {
  if (command === 'dump') return writeDump(db, kind, print);
  if (command === 'check') return answer(await checkStore(db));
  if (command === 'users')
    return answer(await changeUsers(db, JSON.parse(await text(process.stdin))));
  if (command === 'takeover')
    return answer(await takeOver(db, vault(), JSON.parse(await text(process.stdin))));
  if (command !== 'load') throw new LoadError(`There is no command "${command}".`);
  const lines = createInterface({ input: process.stdin, crlfDelay: Infinity });
  return answer({ rows: await loadDump(db, kind, lines, option === '--force') });
}

function answer(value: object): Promise<void> {
  return print(`${JSON.stringify(value)}\n`);
}

/** Waits until the reader has taken it, so that a large database does not pile up in memory. */
function print(piece: string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(piece, (error) => (error ? reject(error) : resolve()));
  });
}

try {
  await run();
} catch (error) {
  const known = error instanceof LoadError || error instanceof Refusal;
  process.stderr.write(`${known ? error.message : explainStart(error)}\n`);
  process.exitCode = 1;
}
