import { ConfigError } from '@waystation/config';
import type { Log } from '@waystation/ops';
import type { ServerKeyFacts } from '@waystation/state';
import { formatKey, parseSecretKey, seedMatches, type SigningKeyPair } from '@waystation/wire';
import { loadOrCreateKeyFiles } from './key-files.js';

/** What KEY and the key files come to. */
export interface LoadedKey {
  /** Undefined: nothing is signed. */
  readonly pair: SigningKeyPair | undefined;
  /** What clients must send; empty = no check. */
  readonly licenceKey: string;
}

/**
 * Follows the table of protocol 5.2: `-` and `_` use the files in `dir`, empty uses them without a
 * licence check, the base64 text of 64 bytes is the pair itself, any other text is only compared.
 * Throws ConfigError for a key that cannot work.
 */
export async function loadServerKey(key: string, dir: string, log: Log): Promise<LoadedKey> {
  if (key === '-' || key === '_' || key === '') {
    const pair = checked(await loadOrCreateKeyFiles(dir), `the key file in ${dir}`);
    return { pair, licenceKey: key === '' ? '' : formatKey(pair.publicKey) };
  }
  const given = parseSecretKey(key);
  if (given !== undefined) {
    return { pair: checked(given, 'KEY'), licenceKey: formatKey(given.publicKey) };
  }
  log.warn(
    'KEY is no secret key: clients must send it, but nothing can be signed, so EVERY SESSION IS UNENCRYPTED; use KEY=- and put the key files into KEY_DIR',
  );
  return { pair: undefined, licenceKey: key };
}

/** What other services may know of it. */
export function publicFacts({ pair, licenceKey }: LoadedKey): ServerKeyFacts {
  return {
    publicKey: pair?.publicKey ?? Buffer.alloc(0),
    licenceKey,
    signs: pair !== undefined,
  };
}

/** Upstream takes bytes 32 to 63 on trust; with foreign ones no client could verify a signature. */
function checked(pair: SigningKeyPair, source: string): SigningKeyPair {
  if (seedMatches(pair)) return pair;
  throw new ConfigError([
    `${source} is damaged: its last 32 bytes are not the public key of its first 32 bytes; restore it from a backup.`,
  ]);
}
