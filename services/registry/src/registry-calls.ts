import {
  packClaimAnswer,
  packKeys,
  unpackClaim,
  unpackImport,
  unpackKeys,
  unpackRename,
  type ChangeAnswer,
  type ClaimAnswer,
  type ClaimAnswerPayload,
  type ImportAnswerPayload,
  type SignBoxKeysPayload,
} from '@waystation/bus';
import type { Log } from '@waystation/ops';
import { RegisterPkResult } from '@waystation/wire';
import { claimId, type IdentityParts } from './claims.js';
import type { Counts } from './counts.js';
import { importIdentities } from './imports.js';
import { renameId } from './renames.js';

/** Every call to the registry: payload in, payload out. No payload makes it throw. */
export class RegistryCalls {
  readonly #parts: IdentityParts;
  readonly #counts: Counts;
  readonly #log: Log;

  constructor(parts: IdentityParts, counts: Counts, log: Log) {
    this.#parts = parts;
    this.#counts = counts;
    this.#log = log;
  }

  async claim(payload: unknown): Promise<ClaimAnswerPayload> {
    const request = unpackClaim(payload);
    if (request === undefined) return this.#undecodable();
    const { id, ip } = request;
    return this.#decided('claim', { id, ip }, () => claimId(this.#parts, request));
  }

  async rename(payload: unknown): Promise<ClaimAnswerPayload> {
    const request = unpackRename(payload);
    if (request === undefined) return this.#undecodable();
    const { id, oldId, ip } = request;
    return this.#decided('rename', { id, oldId, ip }, () => renameId(this.#parts, request));
  }

  signBoxKeys(payload: unknown): SignBoxKeysPayload {
    const signed = this.#parts.signer.signBoxKeys(unpackKeys(payload) ?? []);
    this.#counts.signedBoxKeys.inc(signed.length);
    return packKeys(signed);
  }

  async setDisabled(payload: unknown): Promise<ChangeAnswer> {
    const { id, disabled } = fieldsOf(payload);
    if (typeof id !== 'string' || typeof disabled !== 'boolean') return { found: false };
    const found = await this.#parts.writer.setDisabled(id, disabled);
    const change = disabled ? 'disabled' : 'enabled';
    if (found) this.#parts.announcements.tell({ id, change });
    return { found };
  }

  async remove(payload: unknown): Promise<ChangeAnswer> {
    const { id } = fieldsOf(payload);
    if (typeof id !== 'string') return { found: false };
    const found = await this.#parts.writer.remove(id);
    if (found) this.#parts.announcements.tell({ id, change: 'removed' });
    return { found };
  }

  /** Not logged one by one: they come by the ten thousand, and whoever asked for them tells. */
  async import(payload: unknown): Promise<ImportAnswerPayload> {
    const request = unpackImport(payload);
    if (request === undefined) return { outcomes: [] };
    const outcomes = await importIdentities(this.#parts, request);
    for (const reason of outcomes) this.#counts.decisions.inc({ call: 'import', reason });
    return { outcomes };
  }

  /** Counts and logs the decision; a failing storage is an answer as well. */
  async #decided(
    call: 'claim' | 'rename',
    who: Readonly<Record<string, string>>,
    decide: () => Promise<{ reason: string; answer: ClaimAnswer }>,
  ): Promise<ClaimAnswerPayload> {
    try {
      const { reason, answer } = await decide();
      this.#counts.decisions.inc({ call, reason });
      if (answer.result !== RegisterPkResult.OK)
        this.#log.info(`${call} refused`, { ...who, reason });
      return packClaimAnswer(answer);
    } catch (error) {
      this.#counts.decisions.inc({ call, reason: 'storage-failure' });
      this.#log.error(`${call} could not be stored`, { ...who, reason: String(error) });
      return { result: RegisterPkResult.SERVER_ERROR };
    }
  }

  #undecodable(): ClaimAnswerPayload {
    this.#counts.decisions.inc({ call: 'claim', reason: 'undecodable' });
    return { result: RegisterPkResult.SERVER_ERROR };
  }
}

function fieldsOf(payload: unknown): Record<string, unknown> {
  return typeof payload === 'object' && payload !== null ? { ...payload } : {};
}
