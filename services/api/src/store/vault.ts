import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { StartError, reasonOf } from '@waystation/ops';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const KEY_BYTES = 32;

/** Seals what the database must be able to give back but a stolen copy of it must not: AES-256-GCM. */
export class Vault {
  readonly #key: Buffer;

  /** `keyText` is any long random text. */
  constructor(keyText: string) {
    this.#key = Buffer.from(hkdfSync('sha256', keyText, '', 'waystation vault', KEY_BYTES));
  }

  /** The empty text stays empty: it means "none". */
  seal(plain: string): string {
    if (plain === '') return '';
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.#key, nonce);
    const body = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]);
    return Buffer.concat([nonce, cipher.getAuthTag(), body]).toString('base64');
  }

  /** Empty as well when the text was sealed with another key or was changed. */
  open(sealed: string): string {
    const bytes = Buffer.from(sealed, 'base64');
    if (bytes.length <= NONCE_BYTES + TAG_BYTES) return '';
    const decipher = createDecipheriv('aes-256-gcm', this.#key, bytes.subarray(0, NONCE_BYTES));
    decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
    try {
      const body = decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES));
      return Buffer.concat([body, decipher.final()]).toString('utf8');
    } catch {
      // A wrong tag: the key was exchanged, so the secret is lost and has to be set again.
      return '';
    }
  }
}

/** The vault with the configured key, else with the data folder's, which is made when missing. */
export function openVault({ dataKey, dataDir }: { dataKey: string; dataDir: string }): Vault {
  if (dataKey !== '') return new Vault(dataKey);
  const path = join(dataDir, 'data-key');
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    writeFileSync(path, randomBytes(KEY_BYTES).toString('base64'), { flag: 'wx', mode: 0o600 });
  } catch (error) {
    const exists = error instanceof Error && 'code' in error && error.code === 'EEXIST';
    if (!exists) throw cannotUse(path, error);
  }
  try {
    return new Vault(readFileSync(path, 'utf8').trim());
  } catch (error) {
    throw cannotUse(path, error);
  }
}

function cannotUse(path: string, error: unknown): StartError {
  const reason = reasonOf(error);
  return new StartError(
    `The key file ${path} cannot be used (${reason}); set WAYSTATION_DATA_DIR to a folder that this user may write, or set DATA_KEY.`,
  );
}
