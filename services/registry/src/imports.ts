import type { ImportRequest } from '@waystation/bus';
import type { ImportOutcome } from '@waystation/state';
import type { IdentityParts } from './claims.js';

/**
 * Takes identities over from a backup or another server. Whatever signed them there, here this
 * server's key does. Rejects when the storage fails; the same call can then be repeated.
 */
export function importIdentities(
  { writer, signer, announcements }: IdentityParts,
  { identities, replace }: ImportRequest,
): Promise<ImportOutcome[]> {
  const changes = identities.map(async (identity) => {
    const { id, pk } = identity;
    const signed = signer.signIdPk(id, pk);
    const outcome = await writer.import({ ...identity, signed }, replace);
    if (outcome === 'replaced') announcements.tell({ id, change: 'rekeyed' });
    return outcome;
  });
  return Promise.all(changes);
}
