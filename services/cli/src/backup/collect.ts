import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pipeline } from 'node:stream/promises';
import { formatKey } from '@waystation/wire';
import { RelaySettings, type Redis } from '@waystation/state';
import { dumpAccounts } from '../accounts.js';
import { identityLine } from '../identity-line.js';
import { readIdentities } from '../identity-reader.js';
import { checkedKey, SECRET_FILE, textOf } from '../server-key-file.js';
import type { AllSettings } from '../settings.js';
import { megabytes } from '../output.js';
import { collectRecordings, countRecordings, type RecordingFacts } from './recordings.js';
import { BACKUP_FORMAT, parts, type Manifest, type PartFacts, type PartName } from './manifest.js';

const OWNER_ONLY = { mode: 0o600 } as const;
const PACKAGE = new URL('../../package.json', import.meta.url);

/**
 * Writes every part of a backup into `folder` while all services run. Returns the manifest, and in
 * `missing` a sentence for each thing that the operator has to keep himself.
 */
export async function collect(
  settings: AllSettings,
  redis: Redis,
  folder: string,
  withRecordings: boolean,
): Promise<{ manifest: Manifest; missing: string[] }> {
  const missing: string[] = [];
  const key = await collectKey(settings, folder, missing);
  const devices = await collectIdentities(redis, settings.registry.redisUrl, folder);
  await collectRelaySettings(redis, folder);
  const accounts = await collectAccounts(settings, folder, missing);
  const recordings = await recordingsFor(settings.api.dataDir, folder, withRecordings, missing);
  const manifest: Manifest = {
    // what an older release can restore it shall take
    format: recordings === undefined ? 1 : BACKUP_FORMAT,
    release: await release(),
    made: new Date().toISOString(),
    key,
    devices,
    ...(accounts === undefined ? {} : { accounts }),
    parts: await factsOf(folder),
    ...(recordings === undefined ? {} : { recordings }),
  };
  return { manifest, missing };
}

async function recordingsFor(
  dataDir: string,
  folder: string,
  wanted: boolean,
  missing: string[],
): Promise<RecordingFacts[] | undefined> {
  if (!wanted) {
    const { files, bytes } = await countRecordings(dataDir);
    if (files > 0) {
      const size = megabytes(bytes);
      missing.push(`${files} recordings (${size}) are not in it: --with-recordings adds them.`);
    }
    return undefined;
  }
  const { recordings, growing } = await collectRecordings(dataDir, folder);
  if (growing > 0) {
    missing.push(`${growing} recordings are not in it: they were still being written to.`);
  }
  return recordings;
}

async function release(): Promise<string> {
  const { version } = JSON.parse(await readFile(PACKAGE, 'utf8')) as { version: string };
  return version;
}

/** The public key; empty when the key is a setting, or was never made. */
async function collectKey(
  { registry }: AllSettings,
  folder: string,
  missing: string[],
): Promise<string> {
  if (!['', '-', '_'].includes(registry.key)) {
    missing.push('The server key is not in it: it is the setting KEY, which you have to keep.');
    return '';
  }
  const path = join(registry.keyDir, SECRET_FILE);
  const secret = await textOf(path);
  if (secret === undefined) {
    missing.push(`The server key is not in it: there is no ${path}.`);
    return '';
  }
  const key = formatKey(checkedKey(secret, path).publicKey);
  await writeFile(join(folder, parts.secretKey), secret, OWNER_ONLY);
  await writeFile(join(folder, parts.publicKey), key, OWNER_ONLY);
  return key;
}

async function collectIdentities(redis: Redis, url: string, folder: string): Promise<number> {
  const found = await readIdentities(redis, url);
  const lines = function* (): Generator<string> {
    for (const identity of found.values()) yield `${identityLine(identity)}\n`;
  };
  await pipeline(lines, createWriteStream(join(folder, parts.identities), OWNER_ONLY));
  return found.size;
}

async function collectRelaySettings(redis: Redis, folder: string): Promise<void> {
  // which change was the last one means nothing elsewhere
  const facts = { ...(await new RelaySettings(redis).read()), revision: undefined };
  await writeFile(join(folder, parts.relaySettings), JSON.stringify(facts), OWNER_ONLY);
}

async function collectAccounts(
  { api }: AllSettings,
  folder: string,
  missing: string[],
): Promise<Record<string, number> | undefined> {
  if (api.databaseUrl === '' && !existsSync(join(api.dataDir, 'waystation.sqlite'))) {
    missing.push(`Accounts are not in it: there is no database in ${api.dataDir}.`);
    return undefined;
  }
  const path = join(folder, parts.accounts);
  await dumpAccounts(createWriteStream(path, OWNER_ONLY));
  if (api.dataKey !== '') {
    missing.push('The key of stored secrets is not in it: it is the setting DATA_KEY.');
  }
  const dataKey = api.dataKey === '' ? await textOf(join(api.dataDir, 'data-key')) : undefined;
  if (dataKey !== undefined) await writeFile(join(folder, parts.dataKey), dataKey, OWNER_ONLY);
  return countsOf(path);
}

/** The last line of a dump holds them. */
async function countsOf(path: string): Promise<Record<string, number>> {
  let last = '';
  for await (const line of createInterface({ input: createReadStream(path) })) last = line;
  const [, counts] = JSON.parse(last) as [string, Record<string, number>];
  return counts;
}

async function factsOf(folder: string): Promise<PartFacts[]> {
  const names = Object.values(parts).filter((name) => existsSync(join(folder, name)));
  return Promise.all(names.map((name) => partFacts(folder, name)));
}

async function partFacts(folder: string, name: PartName): Promise<PartFacts> {
  const path = join(folder, name);
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return { name, bytes: (await stat(path)).size, sha256: hash.digest('hex') };
}
