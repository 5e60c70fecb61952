import { MAX_IMPORTS, RegistryClient } from '@waystation/bus';
import {
  importIdentity,
  keys,
  ServerKey,
  type Identity,
  type ImportOutcome,
  type Redis,
} from '@waystation/state';

/** A batch is signed and stored well within this, also by a registry that has other work. */
const BATCH_MS = 20_000;

/** How many identities came to which end, and the ids of those that were not imported. */
export interface ImportResult {
  readonly counts: Readonly<Record<ImportOutcome, number>>;
  readonly added: readonly string[];
  readonly taken: readonly string[];
  readonly unusable: readonly string[];
}

/** Whether a registry runs, which then is the one to write identities. */
export async function registryRuns(redis: Redis): Promise<boolean> {
  return (await redis.exists(keys.leader)) === 1;
}

/**
 * Writes identities through the running registry, or by the registry's own scripts when none runs;
 * then the next one that starts signs them. Repeating it after a failure changes nothing twice.
 */
export async function importIdentities(
  redis: Redis,
  redisUrl: string,
  identities: readonly Identity[],
  replace: boolean,
): Promise<ImportResult> {
  if (!(await registryRuns(redis))) {
    // forgetting who has signed everything makes the next registry sign everything
    await new ServerKey(redis).setSigner('');
    return inBatches(identities, (batch) =>
      Promise.all(batch.map((identity) => importIdentity(redis, identity, replace))),
    );
  }
  const registry = new RegistryClient(redisUrl, { timeoutMs: BATCH_MS });
  try {
    return await inBatches(identities, (batch) =>
      registry.importIdentities({ identities: batch, replace }),
    );
  } finally {
    await registry.stop();
  }
}

async function inBatches(
  identities: readonly Identity[],
  write: (batch: readonly Identity[]) => Promise<ImportOutcome[]>,
): Promise<ImportResult> {
  const ids: Record<ImportOutcome, string[]> = {
    added: [],
    same: [],
    replaced: [],
    taken: [],
    unusable: [],
  };
  for (let at = 0; at < identities.length; at += MAX_IMPORTS) {
    const batch = identities.slice(at, at + MAX_IMPORTS);
    const outcomes = await write(batch);
    outcomes.forEach((outcome, index) => ids[outcome].push(batch[index]?.id ?? ''));
  }
  const { added, same, replaced, taken, unusable } = ids;
  const counts = {
    added: added.length,
    same: same.length,
    replaced: replaced.length,
    taken: taken.length,
    unusable: unusable.length,
  };
  return { counts, added, taken, unusable };
}
