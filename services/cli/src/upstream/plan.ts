import { join } from 'node:path';
import { Identities, isImportable, type Identity, type Redis } from '@waystation/state';
import { SECRET_FILE, textOf } from '../server-key-file.js';
import type { AllSettings } from '../settings.js';
import type { UpstreamServer } from './source.js';

const LOOKUPS = 500;

/** An id that somebody else has here. */
export interface Conflict {
  readonly theirs: Identity;
  readonly ours: Identity;
}

/** What an import would do. */
export interface ImportPlan {
  readonly added: readonly Identity[];
  /** The id has this uuid and key here already. */
  readonly same: readonly Identity[];
  readonly conflicts: readonly Conflict[];
  readonly unusable: readonly Identity[];
  /** `keep`: it is this server's already; `none`: upstream's folder has no key. */
  readonly key: 'keep' | 'put' | 'replace' | 'none';
}

/** Compares upstream's server with this one; changes nothing. */
export async function planImport(
  { identities, secretKey }: UpstreamServer,
  { registry }: AllSettings,
  redis: Redis,
): Promise<ImportPlan> {
  const added: Identity[] = [];
  const same: Identity[] = [];
  const conflicts: Conflict[] = [];
  const unusable = identities.filter((identity) => !isImportable(identity));
  const usable = identities.filter(isImportable);
  const here = new Identities(redis);
  for (let at = 0; at < usable.length; at += LOOKUPS) {
    const batch = usable.slice(at, at + LOOKUPS);
    const held = await here.getMany(batch.map(({ id }) => id));
    batch.forEach((theirs, index) => {
      const ours = held[index];
      if (ours === undefined) added.push(theirs);
      else if (isSame(theirs, ours)) same.push(theirs);
      else conflicts.push({ theirs, ours });
    });
  }
  const ownKey = await textOf(join(registry.keyDir, SECRET_FILE));
  return { added, same, conflicts, unusable, key: keyChange(secretKey, ownKey) };
}

function keyChange(theirs: string | undefined, ours: string | undefined): ImportPlan['key'] {
  if (theirs === undefined) return 'none';
  if (ours === undefined) return 'put';
  return theirs.trim() === ours.trim() ? 'keep' : 'replace';
}

/** Whether both are one device: the same machine with the same key. */
export function isSame(one: Identity, other: Identity): boolean {
  return one.uuid.equals(other.uuid) && one.pk.equals(other.pk);
}
