import type { Redis } from 'ioredis';
import type { Identity } from './identities.js';
import { importIdentity, type ImportOutcome } from './identity-import.js';
import { keys } from './keys.js';
import { CLAIM_WINDOW_MS } from './lifetimes.js';
import { Script } from './lua.js';

/** Accepted registrations of one id in its window: "counter > 2: refuse", protocol 6.2. */
const CLAIMS_PER_WINDOW = 3;

const claimOutcomes = [
  'created',
  'changed',
  'unchanged',
  'uuid-mismatch',
  'disabled',
  'too-frequent',
  'unsigned',
] as const;
const renameOutcomes = [
  'renamed',
  'same',
  'taken',
  'uuid-mismatch',
  'disabled',
  'too-frequent',
  'unsigned',
] as const;

/** `unsigned`: nothing was changed; sign the pk and ask again. */
export type ClaimOutcome = (typeof claimOutcomes)[number];
/** `unsigned` as for claims; `same`: the device has the wanted id already. */
export type RenameOutcome = (typeof renameOutcomes)[number];

/** A claim as the script takes it. */
export interface IdentityClaim {
  readonly id: string;
  readonly uuid: Buffer;
  readonly pk: Buffer;
  readonly ip: string;
  readonly listed: boolean;
  /** Used if the record is new; 32 hex digits. */
  readonly guid: string;
  /** crypto_sign(IdPk{id, pk}), or empty. */
  readonly signed: Buffer;
  /** True if the server has a signing key, so that a new pk must come with `signed`. */
  readonly mustSign: boolean;
}

/** A change of id as the script takes it. */
export interface IdentityRename {
  readonly oldId: string;
  readonly id: string;
  readonly uuid: Buffer;
  readonly ip: string;
  /** The pk that `signed` belongs to. */
  readonly pk: Buffer;
  readonly signed: Buffer;
}

const claim = new Script('claim-identity-2');
const rename = new Script('rename-identity-4');
const disable = new Script('disable-identity-2');
const resign = new Script('resign-identity-1');

/** Changes identities; for the registry only. Every method is one atomic script. */
export class IdentityWriter {
  readonly #redis: Redis;

  constructor(redis: Redis) {
    this.#redis = redis;
  }

  async claim(request: IdentityClaim): Promise<ClaimOutcome> {
    const { id, uuid, pk, ip, listed, guid, signed, mustSign } = request;
    const values = [base64(uuid), base64(pk), ip, flag(listed), Date.now(), guid];
    const rules = [base64(signed), flag(mustSign), CLAIMS_PER_WINDOW, CLAIM_WINDOW_MS];
    const names = [keys.identity(id), keys.claims(id)];
    return oneOf(claimOutcomes, await claim.run(this.#redis, names, [...values, ...rules]));
  }

  async rename(request: IdentityRename): Promise<RenameOutcome> {
    const { oldId, id, uuid, ip, pk, signed } = request;
    const names = [keys.identity(oldId), keys.identity(id), keys.presence(oldId), keys.claims(id)];
    const values = [base64(uuid), oldId, base64(pk), base64(signed), ip];
    const rules = [CLAIMS_PER_WINDOW, CLAIM_WINDOW_MS];
    return oneOf(renameOutcomes, await rename.run(this.#redis, names, [...values, ...rules]));
  }

  /** False if there is no such id. Shutting out also takes the device offline. */
  async setDisabled(id: string, disabled: boolean): Promise<boolean> {
    const names = [keys.identity(id), keys.presence(id)];
    return (await disable.run(this.#redis, names, [flag(disabled)])) === 1;
  }

  /** False if there is no such id. */
  async remove(id: string): Promise<boolean> {
    const [removed] = await Promise.all([
      this.#redis.del(keys.identity(id)),
      this.#redis.del(keys.presence(id)),
    ]);
    return removed === 1;
  }

  /** Puts a device that another server or a backup knows into its place; see importIdentity. */
  import(identity: Identity, replace: boolean): Promise<ImportOutcome> {
    return importIdentity(this.#redis, identity, replace);
  }

  /** False if the id has another pk by now. */
  async resign(id: string, pk: Buffer, signed: Buffer): Promise<boolean> {
    const values = [base64(pk), base64(signed)];
    return (await resign.run(this.#redis, [keys.identity(id)], values)) === 1;
  }
}

function base64(value: Buffer): string {
  return value.toString('base64');
}

function flag(value: boolean): '1' | '0' {
  return value ? '1' : '0';
}

function oneOf<T extends string>(outcomes: readonly T[], answer: unknown): T {
  const outcome = outcomes.find((name) => name === answer);
  if (outcome === undefined) throw new Error(`the script answered ${String(answer)}`);
  return outcome;
}
