import type { Redis } from 'ioredis';
import type { Identity } from './identities.js';
import { keys } from './keys.js';
import { Script } from './lua.js';

/**
 * What became of an identity: `same`, the id had this uuid and pk already; `taken`, it has others and
 * was left alone; `unusable`, no server could keep it.
 */
export const importOutcomes = ['added', 'same', 'replaced', 'taken', 'unusable'] as const;
export type ImportOutcome = (typeof importOutcomes)[number];

// As for registrations, but ids and keys that only older servers took are kept as well.
const MAX_ID_BYTES = 100;
const MAX_UUID_BYTES = 256;
const PK_BYTES = 32;
const FORBIDDEN = /[\p{C}\s"<>/\\|?*]/u;
const GUID = /^[0-9a-f]{32}$/;

const script = new Script('import-identity-2');

/** Whether an identity from elsewhere can be kept; uuid and pk may be empty, as upstream has them. */
export function isImportable({ id, guid, uuid, pk }: Identity): boolean {
  const idBytes = Buffer.byteLength(id);
  if (idBytes === 0 || idBytes > MAX_ID_BYTES || FORBIDDEN.test(id)) return false;
  return GUID.test(guid) && uuid.length <= MAX_UUID_BYTES && [0, PK_BYTES].includes(pk.length);
}

/**
 * Writes one identity as it is, atomically; for the registry, and for a restore while no registry
 * runs. With `replace` an id is taken from whoever has it.
 */
export async function importIdentity(
  redis: Redis,
  identity: Identity,
  replace: boolean,
): Promise<ImportOutcome> {
  if (!isImportable(identity)) return 'unusable';
  const { id, guid, uuid, pk, signed, ip, created, listed, disabled, renamedFrom } = identity;
  const bytes = [uuid, pk, signed].map((value) => value.toString('base64'));
  const flags = [listed, disabled].map((value) => (value ? '1' : '0'));
  const values = [replace ? '1' : '0', guid, ...bytes, ip, created, ...flags, renamedFrom ?? ''];
  const answer = await script.run(redis, [keys.identity(id), keys.presence(id)], values);
  const outcome = importOutcomes.find((name) => name === answer);
  if (outcome === undefined) throw new Error(`the script answered ${String(answer)}`);
  return outcome;
}
