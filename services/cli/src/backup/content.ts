import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { formatKey } from '@waystation/wire';
import type { Identity } from '@waystation/state';
import { Failure } from '../failure.js';
import { parseIdentityLine } from '../identity-line.js';
import { checkedKey } from '../server-key-file.js';
import { unpack } from './archive.js';
import { parts, type Manifest, type PartName } from './manifest.js';

/** A backup that was unpacked and found whole. */
export interface BackupContent {
  readonly manifest: Manifest;
  readonly identities: readonly Identity[];
  /** Text of the secret key file; undefined when the backup has none. */
  readonly secretKey: string | undefined;
  readonly dataKey: string | undefined;
  /** JSON; undefined when the backup has none. */
  readonly relaySettings: string | undefined;
  /** A new stream of the accounts; undefined when the backup has none. */
  readonly accounts: (() => Readable) | undefined;
  /** Where recordings were unpacked; undefined when they were only checked. */
  readonly recordingsFolder: string | undefined;
}

/**
 * Unpacks a backup into `folder` and checks all of it. Recordings go into `recordingsFolder`, because
 * they may be large; without one they are only checked. Throws Failure.
 */
export async function readBackup(
  source: Readable,
  folder: string,
  recordingsFolder?: string,
): Promise<BackupContent> {
  const manifest = await unpack(source, folder, recordingsFolder);
  const has = (name: PartName): boolean => manifest.parts.some((part) => part.name === name);
  const textIn = async (name: PartName): Promise<string | undefined> =>
    has(name) ? readFile(join(folder, name), 'utf8') : undefined;
  const secretKey = await textIn(parts.secretKey);
  requireKey(manifest, secretKey);
  const accounts = join(folder, parts.accounts);
  return {
    manifest,
    identities: await identitiesIn(join(folder, parts.identities), manifest.devices),
    secretKey,
    dataKey: await textIn(parts.dataKey),
    relaySettings: await textIn(parts.relaySettings),
    accounts: has(parts.accounts) ? () => createReadStream(accounts) : undefined,
    recordingsFolder,
  };
}

function requireKey({ key }: Manifest, secretKey: string | undefined): void {
  const own = secretKey === undefined ? '' : checkedKey(secretKey, 'The backup').publicKey;
  if ((own === '' ? '' : formatKey(own)) === key) return;
  throw new Failure('The backup is damaged: its key is not the one that its manifest names.');
}

async function identitiesIn(path: string, count: number): Promise<Identity[]> {
  const found: Identity[] = [];
  for await (const line of createInterface({ input: createReadStream(path) })) {
    found.push(parseIdentityLine(line, found.length + 1));
  }
  if (found.length === count && new Set(found.map(({ id }) => id)).size === count) return found;
  throw new Failure(`The backup is damaged: it should have ${count} devices, each once.`);
}
