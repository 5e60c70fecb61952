import { randomBytes } from 'node:crypto';
import type { ClaimAnswer, ClaimRequest } from '@waystation/bus';
import type {
  ClaimOutcome,
  Identities,
  Identity,
  IdentityWriter,
  Registrations,
} from '@waystation/state';
import { limiterKey, RegisterPkResult } from '@waystation/wire';
import { isStorable, isTooShort } from './id-rules.js';
import type { Announcements } from './announcements.js';
import type { Enrolment } from './enrolment.js';
import type { Signer } from './signer.js';

/** What the rules of identity work with. */
export interface IdentityParts {
  readonly identities: Identities;
  readonly writer: IdentityWriter;
  readonly registrations: Registrations;
  readonly signer: Signer;
  readonly announcements: Announcements;
  readonly enrolment: Enrolment;
}

/** The rule that decided about a claim; one label of a metric, and in the log of refusals. */
export type ClaimReason =
  | Exclude<ClaimOutcome, 'unsigned'>
  | 'incomplete'
  | 'short-id'
  | 'bad-format'
  | 'address-limit'
  | 'not-deployed'
  | 'pending';

const results = {
  created: RegisterPkResult.OK,
  changed: RegisterPkResult.OK,
  unchanged: RegisterPkResult.OK,
  // A client cannot tell "no uuid" from "bad id"; on UDP the rendezvous stays silent (rule 1).
  incomplete: RegisterPkResult.INVALID_ID_FORMAT,
  'short-id': RegisterPkResult.UUID_MISMATCH,
  'bad-format': RegisterPkResult.INVALID_ID_FORMAT,
  'address-limit': RegisterPkResult.TOO_FREQUENT,
  'uuid-mismatch': RegisterPkResult.UUID_MISMATCH,
  // The one answer that makes a client wait quietly without giving up its id.
  disabled: RegisterPkResult.NOT_DEPLOYED,
  'not-deployed': RegisterPkResult.NOT_DEPLOYED,
  pending: RegisterPkResult.NOT_DEPLOYED,
  'too-frequent': RegisterPkResult.TOO_FREQUENT,
} as const satisfies Record<ClaimReason, number>;

/** Every decision about a claim. */
export const CLAIM_REASONS: readonly string[] = Object.keys(results);

/** Decides about a RegisterPk in the order of protocol 6.2. Rejects when the storage fails. */
export async function claimId(
  parts: IdentityParts,
  request: ClaimRequest,
): Promise<{ reason: ClaimReason; answer: ClaimAnswer }> {
  const { id, uuid, pk } = request;
  if (uuid.length === 0 || pk.length === 0) return refuse('incomplete');
  if (isTooShort(id)) return refuse('short-id');
  if (!isStorable(id, uuid, pk)) return refuse('bad-format');
  const held = await parts.identities.get(id);
  if (!(await isAdmitted(parts.registrations, request, held))) return refuse('address-limit');
  const verdict = held === undefined ? await parts.enrolment.judge(request) : 'open';
  if (verdict !== 'open') return refuse(verdict);
  const outcome = await bind(parts, request, held);
  if (results[outcome] !== RegisterPkResult.OK) return refuse(outcome);
  if (held === undefined) await parts.enrolment.admitted(id);
  const rekeyed = held !== undefined && !held.pk.equals(pk);
  if (rekeyed) parts.announcements.tell({ id, change: 'rekeyed' });
  const identity = outcome === 'unchanged' && held ? held : await parts.identities.get(id);
  return {
    reason: outcome,
    answer: { result: RegisterPkResult.OK, ...(identity && { identity }) },
  };
}

/** Rule 3. An office behind one address is many known devices, an attack is new ids and failures. */
async function isAdmitted(
  registrations: Registrations,
  { uuid, pk, ip }: ClaimRequest,
  held: Identity | undefined,
): Promise<boolean> {
  const address = limiterKey(ip);
  const succeeds = held !== undefined && !isForeign(held, { uuid, pk, ip });
  return succeeds ? registrations.admit(address) : registrations.admitNew(address);
}

/** Rules 4 and 5 as far as they can be seen beforehand; the script decides. */
function isForeign(held: Identity, claim: Pick<ClaimRequest, 'uuid' | 'pk' | 'ip'>): boolean {
  if (held.uuid.length === 0) return false;
  if (!held.uuid.equals(claim.uuid)) return true;
  return held.ip !== claim.ip && !held.pk.equals(claim.pk);
}

/** Rules 4 to 7. Signing takes longer than asking, so a known pk is not signed again. */
async function bind(
  { writer, signer }: IdentityParts,
  { id, uuid, pk, ip, noRegisterDevice }: ClaimRequest,
  held: Identity | undefined,
): Promise<Exclude<ClaimOutcome, 'unsigned'>> {
  const claim = {
    id,
    uuid,
    pk,
    ip,
    listed: !noRegisterDevice,
    guid: randomBytes(16).toString('hex'),
    mustSign: signer.signs,
  };
  const isKnown = held?.pk.equals(pk) === true;
  const signed = isKnown ? Buffer.alloc(0) : signer.signIdPk(id, pk);
  const outcome = await writer.claim({ ...claim, signed });
  if (outcome !== 'unsigned') return outcome;
  const second = await writer.claim({ ...claim, signed: signer.signIdPk(id, pk) });
  if (second === 'unsigned') throw new Error('a signed claim was taken for an unsigned one');
  return second;
}

function refuse(reason: ClaimReason): { reason: ClaimReason; answer: ClaimAnswer } {
  return { reason, answer: { result: results[reason] } };
}
