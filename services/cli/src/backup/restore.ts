import { join } from 'node:path';
import {
  Identities,
  IdentityWriter,
  relayLists,
  RelaySettings,
  type Redis,
  type RelayFacts,
} from '@waystation/state';
import { formatKey } from '@waystation/wire';
import { loadAccounts } from '../accounts.js';
import { Failure } from '../failure.js';
import { importIdentities } from '../identity-import.js';
import { putFile } from '../put-file.js';
import { runningServices } from '../running-services.js';
import { checkedKey, PUBLIC_FILE, SECRET_FILE, textOf } from '../server-key-file.js';
import type { AllSettings } from '../settings.js';
import type { BackupContent } from './content.js';
import { putRecordings, requireNone } from './recordings.js';

const REMOVALS_AT_ONCE = 200;

/**
 * Writes a checked backup to this server, whose services must not run. Without `force` nothing that is
 * there is overwritten; with it the server is afterwards what the backup says. Whatever can refuse is
 * asked before anything is written, and a restore that was cut short can be repeated with `force`.
 */
export async function restore(
  content: BackupContent,
  settings: AllSettings,
  redis: Redis,
  force: boolean,
): Promise<void> {
  await requireStopped(redis);
  if (!force) await requireEmpty(content, settings, redis);
  if (content.accounts !== undefined) await loadAccounts(content.accounts(), force);
  await restoreIdentities(content, settings, redis);
  if (content.relaySettings !== undefined) await restoreRelays(content.relaySettings, redis);
  const { dataKey, secretKey, recordingsFolder, manifest } = content;
  if (recordingsFolder !== undefined) {
    await putRecordings(recordingsFolder, settings.api.dataDir, manifest.recordings ?? []);
  }
  if (dataKey !== undefined) await putFile(settings.api.dataDir, 'data-key', dataKey);
  if (secretKey === undefined) return;
  const { keyDir } = settings.registry;
  const { publicKey } = checkedKey(secretKey, 'The backup');
  await putFile(keyDir, PUBLIC_FILE, formatKey(publicKey));
  await putFile(keyDir, SECRET_FILE, secretKey);
}

async function requireStopped(redis: Redis): Promise<void> {
  const running = await runningServices(redis);
  if (running.size === 0) return;
  const names = [...running].sort().join(', ');
  throw new Failure(
    `Services are running (${names}): stop them first and wait 10 s, with "docker compose down", or Ctrl-C at npm start.`,
  );
}

/** The accounts' own emptiness is for the api to say, before it writes. */
async function requireEmpty(
  { secretKey, dataKey, manifest }: BackupContent,
  { registry, api }: AllSettings,
  redis: Redis,
): Promise<void> {
  requireNone(api.dataDir, manifest.recordings ?? []);
  await requireSameOrNone(join(registry.keyDir, SECRET_FILE), secretKey);
  await requireSameOrNone(join(api.dataDir, 'data-key'), dataKey);
  for await (const batch of new Identities(redis).all()) {
    if (batch.length === 0) continue;
    throw new Failure('There are devices in Redis already; --force replaces them.');
  }
}

async function requireSameOrNone(path: string, wanted: string | undefined): Promise<void> {
  const there = await textOf(path);
  if (wanted === undefined || there === undefined || there.trim() === wanted.trim()) return;
  throw new Failure(`${path} is another one; --force replaces it and keeps a copy.`);
}

async function restoreIdentities(
  { identities }: BackupContent,
  { registry }: AllSettings,
  redis: Redis,
): Promise<void> {
  const wanted = new Set(identities.map(({ id }) => id));
  await removeOthers(redis, wanted);
  await importIdentities(redis, registry.redisUrl, identities, true);
  const there = new Set<string>();
  for await (const batch of new Identities(redis).all()) for (const { id } of batch) there.add(id);
  if (there.size === wanted.size) return;
  throw new Failure(
    `${there.size} devices are in Redis instead of ${wanted.size}; repeat with --force.`,
  );
}

/** No registry runs, so its own way to remove an id is ours. */
async function removeOthers(redis: Redis, wanted: ReadonlySet<string>): Promise<void> {
  const writer = new IdentityWriter(redis);
  for await (const batch of new Identities(redis).all(REMOVALS_AT_ONCE)) {
    const others = batch.filter(({ id }) => !wanted.has(id));
    await Promise.all(others.map(({ id }) => writer.remove(id)));
  }
}

async function restoreRelays(text: string, redis: Redis): Promise<void> {
  const facts = JSON.parse(text) as Partial<RelayFacts>;
  const settings = new RelaySettings(redis);
  for (const list of relayLists) {
    for (const { network, note, operator } of facts[list] ?? []) {
      await settings.list(list, [network], { note, operator });
    }
  }
  await settings.setNumbers(facts.numbers ?? {});
}
