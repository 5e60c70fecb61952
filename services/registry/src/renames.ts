import type { ClaimAnswer, RenameRequest } from '@waystation/bus';
import type { RenameOutcome } from '@waystation/state';
import { limiterKey, RegisterPkResult } from '@waystation/wire';
import type { IdentityParts } from './claims.js';
import { isWish } from './id-rules.js';

/** How often a pk may change between reading and renaming before we give up. */
const MAX_TRIES = 3;

/** The rule that decided about a change of id. */
export type RenameReason =
  Exclude<RenameOutcome, 'unsigned'> | 'incomplete' | 'bad-format' | 'address-limit';

const results = {
  renamed: RegisterPkResult.OK,
  same: RegisterPkResult.OK,
  incomplete: RegisterPkResult.INVALID_ID_FORMAT,
  'bad-format': RegisterPkResult.INVALID_ID_FORMAT,
  'address-limit': RegisterPkResult.TOO_FREQUENT,
  'too-frequent': RegisterPkResult.TOO_FREQUENT,
  taken: RegisterPkResult.ID_EXISTS,
  'uuid-mismatch': RegisterPkResult.UUID_MISMATCH,
  disabled: RegisterPkResult.NOT_DEPLOYED,
} as const satisfies Record<RenameReason, number>;

/** Every decision about a change of id. */
export const RENAME_REASONS: readonly string[] = Object.keys(results);

/** Decides about a change of id in the order of protocol 6.4. Rejects when the storage fails. */
export async function renameId(
  parts: IdentityParts,
  request: RenameRequest,
): Promise<{ reason: RenameReason; answer: ClaimAnswer }> {
  const { oldId, id, uuid, ip } = request;
  if (oldId === '' || uuid.length === 0) return answer('incomplete');
  if (!isWish(id)) return answer('bad-format');
  // Every try counts as a failure would: the answers tell which ids exist.
  if (!(await parts.registrations.admitNew(limiterKey(ip)))) return answer('address-limit');
  const reason = await rename(parts, request);
  if (reason === 'renamed') {
    parts.announcements.tell({ id: oldId, change: 'renamed', newId: id });
  }
  return answer(reason);
}

async function rename(
  { identities, writer, signer }: IdentityParts,
  { oldId, id, uuid, ip }: RenameRequest,
): Promise<Exclude<RenameOutcome, 'unsigned'>> {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const held = await identities.get(oldId);
    const isOwner = held?.uuid.equals(uuid) === true;
    const pk = isOwner ? held.pk : Buffer.alloc(0);
    const signed = isOwner ? signer.signIdPk(id, pk) : Buffer.alloc(0);
    const outcome = await writer.rename({ oldId, id, uuid, ip, pk, signed });
    if (outcome !== 'unsigned') return outcome;
  }
  throw new Error('the public key changes faster than it can be signed');
}

function answer(reason: RenameReason): { reason: RenameReason; answer: ClaimAnswer } {
  return { reason, answer: { result: results[reason] } };
}
