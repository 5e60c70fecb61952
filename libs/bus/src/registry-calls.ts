import { importOutcomes, type Identity, type ImportOutcome } from '@waystation/state';

/** Channel of each call to the registry. */
export const registryCalls = {
  claim: 'registry.claim',
  rename: 'registry.rename',
  signBoxKeys: 'registry.sign-box-keys',
  setDisabled: 'registry.set-disabled',
  remove: 'registry.remove',
  import: 'registry.import',
} as const;

/** A RegisterPk as a rendezvous passes it on (protocol 6.2); `ip` is normalised text. */
export interface ClaimRequest {
  readonly id: string;
  readonly uuid: Buffer;
  readonly pk: Buffer;
  readonly ip: string;
  readonly noRegisterDevice: boolean;
  /** An operator, or a token for deploying, lets the device in; never set for what a device asks by itself. */
  readonly isAdmitted?: boolean;
}

/** A RegisterPk with `old_id` (protocol 6.4): the device with `oldId` and `uuid` wants `id`. */
export interface RenameRequest {
  readonly oldId: string;
  readonly id: string;
  readonly uuid: Buffer;
  readonly ip: string;
}

/** `result` is a RegisterPkResult; `identity` is there when it is OK. */
export interface ClaimAnswer {
  readonly result: number;
  readonly identity?: Identity;
}

/** Identities that are imported with one call; more would hold up claims behind them. */
export const MAX_IMPORTS = 200;

/** Identities from a backup or another server; `signed` does not matter, the registry signs. */
export interface ImportRequest {
  readonly identities: readonly Identity[];
  /** True: ids are taken from whoever has them. */
  readonly replace: boolean;
}

/** What travels: bytes are base64, since the transport's JSON makes 5 characters of each byte. */
export interface ClaimPayload {
  readonly id: string;
  readonly uuid: string;
  readonly pk: string;
  readonly ip: string;
  readonly noRegisterDevice: boolean;
  readonly isAdmitted?: boolean;
}

export interface RenamePayload {
  readonly oldId: string;
  readonly id: string;
  readonly uuid: string;
  readonly ip: string;
}

export interface ClaimAnswerPayload {
  readonly result: number;
  readonly identity?: IdentityPayload;
}

type IdentityPayload = Omit<Identity, 'uuid' | 'pk' | 'signed'> &
  Readonly<Record<'uuid' | 'pk' | 'signed', string>>;

export interface ImportPayload {
  readonly identities: readonly IdentityPayload[];
  readonly replace: boolean;
}

/** In the order of the identities; empty if the call could not be read. */
export interface ImportAnswerPayload {
  readonly outcomes: readonly ImportOutcome[];
}

/** Ed25519-signed X25519 public keys (64 + 32 bytes each), in the order of the question. */
export interface SignBoxKeysPayload {
  readonly keys: readonly string[];
}

/** `found` is false if no such id exists. */
export interface ChangeAnswer {
  readonly found: boolean;
}

export function packClaim(request: ClaimRequest): ClaimPayload {
  return { ...request, uuid: base64(request.uuid), pk: base64(request.pk) };
}

/** Undefined if it is no claim. */
export function unpackClaim(value: unknown): ClaimRequest | undefined {
  const fields = record(value);
  const { id, uuid, pk, ip, noRegisterDevice, isAdmitted } = fields;
  if (!areTexts(id, uuid, pk, ip) || typeof noRegisterDevice !== 'boolean') return undefined;
  const claim = {
    id: String(id),
    uuid: bytes(uuid),
    pk: bytes(pk),
    ip: String(ip),
    noRegisterDevice,
  };
  return isAdmitted === true ? { ...claim, isAdmitted } : claim;
}

export function packRename(request: RenameRequest): RenamePayload {
  return { ...request, uuid: base64(request.uuid) };
}

/** Undefined if it is no rename. */
export function unpackRename(value: unknown): RenameRequest | undefined {
  const { oldId, id, uuid, ip } = record(value);
  if (!areTexts(oldId, id, uuid, ip)) return undefined;
  return { oldId: String(oldId), id: String(id), uuid: bytes(uuid), ip: String(ip) };
}

export function packClaimAnswer({ result, identity }: ClaimAnswer): ClaimAnswerPayload {
  if (identity === undefined) return { result };
  return { result, identity: packIdentity(identity) };
}

function packIdentity(identity: Identity): IdentityPayload {
  const { uuid, pk, signed } = identity;
  return { ...identity, uuid: base64(uuid), pk: base64(pk), signed: base64(signed) };
}

function unpackIdentity(identity: IdentityPayload): Identity {
  const { uuid, pk, signed } = identity;
  return { ...identity, uuid: bytes(uuid), pk: bytes(pk), signed: bytes(signed) };
}

/** Undefined if it is no answer to a claim. */
export function unpackClaimAnswer(value: unknown): ClaimAnswer | undefined {
  const { result, identity } = record(value);
  if (typeof result !== 'number') return undefined;
  if (identity === undefined) return { result };
  if (!isIdentityPayload(identity)) return undefined;
  return { result, identity: unpackIdentity(identity) };
}

export function packImport({ identities, replace }: ImportRequest): ImportPayload {
  return { identities: identities.map(packIdentity), replace };
}

/** Undefined if it is no import, or one of too many identities. */
export function unpackImport(value: unknown): ImportRequest | undefined {
  const { identities, replace } = record(value);
  if (!Array.isArray(identities) || identities.length > MAX_IMPORTS) return undefined;
  if (typeof replace !== 'boolean' || !identities.every(isWholeIdentity)) return undefined;
  return { identities: identities.map(unpackIdentity), replace };
}

/** Undefined if it is no answer to an import of `count` identities. */
export function unpackImportAnswer(value: unknown, count: number): ImportOutcome[] | undefined {
  const { outcomes } = record(value);
  if (!Array.isArray(outcomes) || outcomes.length !== count) return undefined;
  const known = outcomes.filter((outcome) => importOutcomes.includes(outcome as ImportOutcome));
  return known.length === count ? (known as ImportOutcome[]) : undefined;
}

/** The list inside `{ keys: […] }` as bytes; undefined if it is none. */
export function unpackKeys(value: unknown): Buffer[] | undefined {
  const { keys } = record(value);
  if (!Array.isArray(keys) || !keys.every((key) => typeof key === 'string')) return undefined;
  return keys.map(bytes);
}

export function packKeys(keys: readonly Uint8Array[]): SignBoxKeysPayload {
  return { keys: keys.map(base64) };
}

function isIdentityPayload(value: unknown): value is IdentityPayload {
  const { id, guid, uuid, pk, signed, ip, created } = record(value);
  return areTexts(id, guid, uuid, pk, signed, ip) && typeof created === 'number';
}

function isWholeIdentity(value: unknown): value is IdentityPayload {
  const { disabled, listed, renamedFrom } = record(value);
  const flags = typeof disabled === 'boolean' && typeof listed === 'boolean';
  return flags && ['undefined', 'string'].includes(typeof renamedFrom) && isIdentityPayload(value);
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function areTexts(...values: unknown[]): boolean {
  return values.every((value) => typeof value === 'string');
}

function base64(value: Uint8Array): string {
  return Buffer.from(value).toString('base64');
}

function bytes(value: unknown): Buffer {
  return Buffer.from(String(value), 'base64');
}
