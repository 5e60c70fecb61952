import { join } from 'node:path';
import { rename, rm } from 'node:fs/promises';
import { RegistryClient } from '@waystation/bus';
import { Identities, IdentityWriter, type Identity, type Redis } from '@waystation/state';
import { formatKey } from '@waystation/wire';
import { importIdentities, registryRuns } from '../identity-import.js';
import { putFile } from '../put-file.js';
import { checkedKey, PUBLIC_FILE, SECRET_FILE, textOf } from '../server-key-file.js';
import type { AllSettings } from '../settings.js';
import { isSame, type ImportPlan } from './plan.js';
import type { UpstreamServer } from './source.js';
import { writeUndo, type UndoFacts } from './undo-file.js';

const BATCH = 200;

/** Does what the plan says; with `replace` also the conflicts. Returns how many devices are here now. */
export async function applyImport(
  upstream: UpstreamServer,
  plan: ImportPlan,
  settings: AllSettings,
  redis: Redis,
  { replace, undoPath }: { readonly replace: boolean; readonly undoPath: string },
): Promise<number> {
  const { redisUrl, keyDir } = settings.registry;
  const conflicts = replace ? plan.conflicts : [];
  const moved = conflicts.map(({ theirs }) => theirs);
  const changesKey = plan.key === 'put' || plan.key === 'replace';
  const newKey = changesKey ? upstream.secretKey : undefined;
  const before = (await textOf(join(keyDir, SECRET_FILE))) ?? null;
  await writeUndo(undoPath, {
    added: plan.added.map(({ id, guid }) => [id, guid]),
    replaced: conflicts.map(({ ours, theirs }) => [ours, theirs.guid]),
    key: newKey === undefined ? undefined : { before, imported: newKey },
  });
  await importIdentities(redis, redisUrl, plan.added, false);
  await importIdentities(redis, redisUrl, moved, true);
  if (newKey !== undefined) await putKey(keyDir, newKey);
  return countHere(redis, [...plan.added, ...plan.same, ...moved]);
}

async function putKey(folder: string, secretKey: string): Promise<void> {
  const { publicKey } = checkedKey(secretKey, SECRET_FILE);
  await putFile(folder, PUBLIC_FILE, formatKey(publicKey));
  await putFile(folder, SECRET_FILE, secretKey);
}

/** Compares byte for byte what is stored now. */
async function countHere(redis: Redis, wanted: readonly Identity[]): Promise<number> {
  const identities = new Identities(redis);
  let count = 0;
  for (let at = 0; at < wanted.length; at += BATCH) {
    const batch = wanted.slice(at, at + BATCH);
    const held = await identities.getMany(batch.map(({ id }) => id));
    count += batch.filter((each, index) => {
      const here = held[index];
      return here !== undefined && isSame(each, here);
    }).length;
  }
  return count;
}

/** Takes an import back, except what has changed hands since. Returns how many devices it concerned. */
export async function undoImport(
  { added, replaced, key }: UndoFacts,
  { registry }: AllSettings,
  redis: Redis,
): Promise<{ removed: number; returned: number; key: boolean }> {
  const still = await unchanged(redis, added);
  await removeAll(redis, registry.redisUrl, still);
  const aside = replaced.map(([before, guid]) => [before.id, guid] as const);
  const wanted = new Set(await unchanged(redis, aside));
  const back = replaced.map(([before]) => before).filter(({ id }) => wanted.has(id));
  await importIdentities(redis, registry.redisUrl, back, true);
  const keyBack = key !== undefined && (await undoKey(registry.keyDir, key));
  return { removed: still.length, returned: back.length, key: keyBack };
}

async function unchanged(
  redis: Redis,
  pairs: readonly (readonly [string, string])[],
): Promise<string[]> {
  const identities = new Identities(redis);
  const ids: string[] = [];
  for (let at = 0; at < pairs.length; at += BATCH) {
    const batch = pairs.slice(at, at + BATCH);
    const held = await identities.getMany(batch.map(([id]) => id));
    batch.forEach(([id, guid], index) => {
      if (held[index]?.guid === guid) ids.push(id);
    });
  }
  return ids;
}

async function removeAll(redis: Redis, url: string, ids: readonly string[]): Promise<void> {
  const online = await registryRuns(redis);
  const registry = online ? new RegistryClient(url, { timeoutMs: 20_000 }) : undefined;
  const writer = new IdentityWriter(redis);
  try {
    for (let at = 0; at < ids.length; at += BATCH) {
      const batch = ids.slice(at, at + BATCH);
      await Promise.all(batch.map((id) => registry?.remove(id) ?? writer.remove(id)));
    }
  } finally {
    await registry?.stop();
  }
}

/** False when the key is another one by now. */
async function undoKey(
  folder: string,
  { before, imported }: NonNullable<UndoFacts['key']>,
): Promise<boolean> {
  const path = join(folder, SECRET_FILE);
  if ((await textOf(path)) !== imported) return false;
  if (before !== null) {
    await putKey(folder, before);
    return true;
  }
  await rename(path, `${path}.replaced`);
  await rm(join(folder, PUBLIC_FILE), { force: true });
  return true;
}
