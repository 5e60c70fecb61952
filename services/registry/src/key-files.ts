import { randomBytes } from 'node:crypto';
import { access, link, mkdir, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  formatKey,
  newSigningKeyPair,
  parseSecretKey,
  type SigningKeyPair,
} from '@waystation/wire';
import { ConfigError } from '@waystation/config';
import { reasonOf } from '@waystation/ops';

/** Upstream's file names (protocol 5.1). */
export const SECRET_FILE = 'id_ed25519';
export const PUBLIC_FILE = 'id_ed25519.pub';

const OWNER_ONLY = 0o600;
/** How long another process may take between its lock and its key. */
const OTHER_PROCESS_MS = 5_000;

/**
 * The server's pair from the files in `dir`, which are made if they are missing. Services that start
 * together end with the same pair. Throws ConfigError if the secret file is malformed or `dir`
 * cannot be used.
 */
export async function loadOrCreateKeyFiles(dir: string): Promise<SigningKeyPair> {
  try {
    return (await load(dir)) ?? (await create(dir));
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    const reason = reasonOf(error);
    throw new ConfigError([
      `KEY_DIR is "${dir}" but its key files cannot be used (${reason}); name a folder that this service may write to, for example KEY_DIR=/data.`,
    ]);
  }
}

async function load(dir: string): Promise<SigningKeyPair | undefined> {
  const path = join(dir, SECRET_FILE);
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  const pair = parseSecretKey(text);
  if (pair === undefined) {
    throw new ConfigError([
      `${path} holds no secret key: it must be one line, the base64 text (88 characters) of 64 bytes; restore it from a backup, or remove it to get a new key.`,
    ]);
  }
  await writePublicIfMissing(dir, pair);
  return pair;
}

/** A link to a complete file appears at once and only if no other process was faster. */
async function create(dir: string): Promise<SigningKeyPair> {
  await mkdir(dir, { recursive: true });
  const pair = newSigningKeyPair();
  const draft = join(dir, `.${SECRET_FILE}.${randomBytes(6).toString('hex')}`);
  await writeDurably(draft, formatKey(pair.secretKey));
  try {
    await publish(draft, join(dir, SECRET_FILE));
  } finally {
    await rm(draft, { force: true });
  }
  return kept(dir);
}

/** The pair that is in the folder now: ours, or that of a faster process that may still write it. */
async function kept(dir: string): Promise<SigningKeyPair> {
  const deadline = performance.now() + OTHER_PROCESS_MS;
  for (;;) {
    const pair = await load(dir);
    if (pair !== undefined) return pair;
    if (performance.now() > deadline) {
      throw new Error(`${SECRET_FILE}.lock is there but no key; remove the lock`);
    }
    await sleep(20);
  }
}

async function publish(draft: string, path: string): Promise<void> {
  try {
    await link(draft, path);
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return;
    // Some mounted folders know no links: there a lock file decides who may rename.
    await publishUnderLock(draft, path);
  }
}

async function publishUnderLock(draft: string, path: string): Promise<void> {
  const lock = `${path}.lock`;
  try {
    await writeDurably(lock, '');
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return;
    throw error;
  }
  try {
    const exists = await access(path).then(
      () => true,
      () => false,
    );
    if (!exists) await rename(draft, path);
  } finally {
    await rm(lock, { force: true });
  }
}

async function writeDurably(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx', OWNER_ONLY);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** For people; no service ever reads it. */
async function writePublicIfMissing(dir: string, pair: SigningKeyPair): Promise<void> {
  const options = { flag: 'wx', mode: OWNER_ONLY } as const;
  await writeFile(join(dir, PUBLIC_FILE), formatKey(pair.publicKey), options).catch(
    (error: unknown) => {
      // A read-only folder with a mounted secret file is a good set-up, too.
      if (!hasCode(error, 'EEXIST') && !hasCode(error, 'EROFS') && !hasCode(error, 'EACCES')) {
        throw error;
      }
    },
  );
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
