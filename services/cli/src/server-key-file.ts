import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { formatKey, parseSecretKey, seedMatches, type SigningKeyPair } from '@waystation/wire';
import { Failure } from './failure.js';
import type { AllSettings } from './settings.js';

/** Upstream's file names (protocol 5.1). */
export const SECRET_FILE = 'id_ed25519';
export const PUBLIC_FILE = 'id_ed25519.pub';

/** The text of a file; undefined when there is none. Throws Failure when it cannot be read. */
export async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (code === 'ENOENT') return undefined;
    throw new Failure(`${path} cannot be read (${code}); run this as the user that owns it.`);
  }
}

/** Reads a secret key's text. Throws Failure, with `source` as the beginning of its sentence. */
export function checkedKey(text: string, source: string): SigningKeyPair {
  const pair = parseSecretKey(text);
  if (pair === undefined) {
    throw new Failure(
      `${source} holds no secret key: it must be one line, the base64 text (88 characters) of 64 bytes; restore it from a backup.`,
    );
  }
  if (seedMatches(pair)) return pair;
  throw new Failure(
    `${source} is damaged: its last 32 bytes are not the public key of its first 32 bytes; restore it from a backup.`,
  );
}

/**
 * The key that clients must have in their settings (protocol 5.2): of KEY when that is a key or a
 * word, else of the key files. Undefined when there is none yet.
 */
export async function clientKey({ registry }: AllSettings): Promise<string | undefined> {
  const { key, keyDir } = registry;
  if (key !== '' && key !== '-' && key !== '_') {
    const pair = parseSecretKey(key);
    return pair === undefined ? key : formatKey(checkedKey(key, 'KEY').publicKey);
  }
  const path = join(keyDir, SECRET_FILE);
  const secret = await textOf(path);
  if (secret !== undefined) return formatKey(checkedKey(secret, path).publicKey);
  return (await textOf(join(keyDir, PUBLIC_FILE)))?.trim();
}
