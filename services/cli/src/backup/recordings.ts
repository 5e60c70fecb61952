import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { cp, mkdir, readdir, rename, rm, stat, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Failure } from '../failure.js';

/** The folder of recordings, in the data folder as in an archive; each address has one in it. */
export const RECORDINGS = 'recordings';
/** As the api names them: `recordings/<address>/<file>`. */
const NAME =
  /^recordings\/(?=[^/]*[0-9A-Fa-f])[0-9A-Fa-f._]{1,64}\/[A-Za-z0-9][A-Za-z0-9_@.+-]{0,199}\.(webm|mp4|mkv)$/;
/** A recording that was written to more recently may still grow. */
const SETTLED_MS = 60_000;
const LIST_LIMIT = 200_000;

/** One recording in a backup. */
export interface RecordingFacts {
  /** Path in the archive. */
  readonly name: string;
  readonly bytes: number;
  /** Hex. */
  readonly sha256: string;
}

/** Whether a path is one that a recording can have, and leads nowhere else. */
export function isRecordingName(name: string): boolean {
  return NAME.test(name) && !name.includes('..');
}

/** Reads the list in a manifest; undefined for what is no list of recordings. */
export function recordingsOf(value: unknown): RecordingFacts[] | undefined {
  if (!Array.isArray(value) || value.length > LIST_LIMIT) return undefined;
  const found = value.map((entry: unknown) => {
    const { name, bytes, sha256 }: { name?: unknown; bytes?: unknown; sha256?: unknown } =
      typeof entry === 'object' && entry !== null ? entry : {};
    const named = typeof name === 'string' && isRecordingName(name) && typeof sha256 === 'string';
    const sized = typeof bytes === 'number' && Number.isSafeInteger(bytes) && bytes >= 0;
    return named && sized ? { name, bytes, sha256 } : undefined;
  });
  return found.every((entry) => entry !== undefined) ? found : undefined;
}

/** The recordings in a data folder by their path in an archive, with their bytes and last change. */
async function recordingsIn(dataDir: string): Promise<Map<string, { bytes: number; ms: number }>> {
  const root = join(dataDir, RECORDINGS);
  const found = new Map<string, { bytes: number; ms: number }>();
  if (!existsSync(root)) return found;
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    const name = join(RECORDINGS, entry.parentPath.slice(root.length), entry.name);
    if (!entry.isFile() || !isRecordingName(name)) continue;
    const { size, mtimeMs } = await stat(join(dataDir, name));
    found.set(name, { bytes: size, ms: mtimeMs });
  }
  return found;
}

/** How many there are and how large they are together. */
export async function countRecordings(dataDir: string): Promise<{ files: number; bytes: number }> {
  const all = [...(await recordingsIn(dataDir)).values()];
  return { files: all.length, bytes: all.reduce((sum, { bytes }) => sum + bytes, 0) };
}

/**
 * Notes every recording that is complete, and makes `folder` lead to them, where an archive is packed
 * from: they are not copied. `growing` counts those that were written to just now and are left out.
 */
export async function collectRecordings(
  dataDir: string,
  folder: string,
): Promise<{ recordings: RecordingFacts[]; growing: number }> {
  const all = await recordingsIn(dataDir);
  const settled = [...all].filter(([, { ms }]) => Date.now() - ms > SETTLED_MS);
  const recordings: RecordingFacts[] = [];
  for (const [name, { bytes }] of settled) {
    const hash = createHash('sha256');
    await pipeline(createReadStream(join(dataDir, name)), hash);
    recordings.push({ name, bytes, sha256: hash.digest('hex') });
  }
  if (recordings.length > 0) await symlink(join(dataDir, RECORDINGS), join(folder, RECORDINGS));
  return { recordings, growing: all.size - settled.length };
}

/** Throws Failure when one of them has changed since it was noted: the archive would be damaged. */
export async function requireUnchanged(
  folder: string,
  recordings: readonly RecordingFacts[],
): Promise<void> {
  for (const { name, bytes } of recordings) {
    const facts = await stat(join(folder, name)).catch(() => undefined);
    if (facts?.size === bytes && Date.now() - facts.mtimeMs > SETTLED_MS) continue;
    throw new Failure(`${name} was changed meanwhile: make the backup again.`);
  }
}

/** Throws Failure when one would take the place of another. */
export function requireNone(dataDir: string, recordings: readonly RecordingFacts[]): void {
  const there = recordings.find(({ name }) => existsSync(join(dataDir, name)));
  if (there === undefined) return;
  throw new Failure(`There is a recording ${there.name} already; --force replaces it.`);
}

/** Brings unpacked recordings into their place. Others that are there stay. */
export async function putRecordings(
  from: string,
  dataDir: string,
  recordings: readonly RecordingFacts[],
): Promise<void> {
  for (const { name } of recordings) {
    const target = join(dataDir, name);
    await mkdir(dirname(target), { recursive: true, mode: 0o700 });
    await move(join(from, name), target);
  }
}

async function move(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EXDEV')) throw error;
    await cp(from, to);
    await rm(from);
  }
}
