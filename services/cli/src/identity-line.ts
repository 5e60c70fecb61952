import { isImportable, type Identity } from '@waystation/state';
import { Failure } from './failure.js';

/** An identity as one line of JSON; bytes are base64. What signed it is left out: it can be made anew. */
export function identityLine(identity: Identity): string {
  const [uuid, pk] = [identity.uuid, identity.pk].map((bytes) => bytes.toString('base64'));
  return JSON.stringify({ ...identity, uuid, pk, signed: undefined });
}

/** Reads such a line. Throws Failure naming the line when it is none, or names no usable identity. */
export function parseIdentityLine(line: string, number: number): Identity {
  const fields = objectOf(line);
  const { id, guid, uuid, pk, ip, created, disabled, listed, renamedFrom } = fields;
  const texts = [id, guid, uuid, pk, ip].every((value) => typeof value === 'string');
  const flags = typeof disabled === 'boolean' && typeof listed === 'boolean';
  if (texts && flags && Number.isSafeInteger(created)) {
    const identity: Identity = {
      id: String(id),
      guid: String(guid),
      uuid: Buffer.from(String(uuid), 'base64'),
      pk: Buffer.from(String(pk), 'base64'),
      signed: Buffer.alloc(0),
      ip: String(ip),
      created: Number(created),
      disabled,
      listed,
      ...(typeof renamedFrom === 'string' ? { renamedFrom } : {}),
    };
    if (isImportable(identity)) return identity;
  }
  throw new Failure(`The list of devices is damaged: line ${number} is no device.`);
}

function objectOf(line: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === 'object' && value !== null) return { ...value };
  } catch {
    // told by the caller, which knows the line's number
  }
  return {};
}
