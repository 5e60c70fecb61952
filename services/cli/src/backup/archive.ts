import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, open, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { PassThrough, Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { create, Parser, type ReadEntry } from 'tar';
import { reasonOf } from '@waystation/ops';
import { Failure } from '../failure.js';
import { MANIFEST, parseManifest, type Manifest, type PartFacts } from './manifest.js';
import { requireUnchanged, type RecordingFacts } from './recordings.js';

const OWNER_ONLY = 0o600;
/** A manifest lists a handful of files, and every recording. */
const MANIFEST_LIMIT_BYTES = 64 * 1024 * 1024;

/** Packs the parts in `folder`, the manifest first, into `sink`. */
export async function pack(folder: string, manifest: Manifest, sink: Writable): Promise<void> {
  await writeFile(join(folder, MANIFEST), JSON.stringify(manifest, undefined, 2), {
    mode: OWNER_ONLY,
  });
  const recordings = manifest.recordings ?? [];
  const names = [MANIFEST, ...[...manifest.parts, ...recordings].map(({ name }) => name)];
  const archive = create({ gzip: true, portable: true, cwd: folder }, names);
  await pipeline(Readable.from(archive as AsyncIterable<Buffer>), sink);
  await requireUnchanged(folder, recordings);
}

/** Packs into a file that only this user can read and that is whole or not there. */
export async function packFile(folder: string, manifest: Manifest, path: string): Promise<void> {
  const draft = `${path}.part`;
  try {
    await pack(folder, manifest, createWriteStream(draft, { mode: OWNER_ONLY, flags: 'wx' }));
    const file = await open(draft);
    await file.sync();
    await file.close();
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    if (error instanceof Failure) throw error;
    throw new Failure(`${path} cannot be written (${reasonOf(error)}).`);
  }
}

/**
 * Unpacks a backup into `folder`, its recordings into `recordingsFolder`: only files that its manifest
 * names, each with the size and the SHA-256 told there. Recordings are only read and checked where
 * `recordingsFolder` is undefined. Throws Failure for anything else, before it is written.
 */
export async function unpack(
  source: Readable,
  folder: string,
  recordingsFolder?: string,
): Promise<Manifest> {
  const reader = new ArchiveReader(folder, recordingsFolder);
  let taken = Promise.resolve();
  const parser = new Parser({
    strict: true,
    onReadEntry: (entry) => {
      taken = taken.then(() => reader.take(entry));
      taken.catch((error: unknown) => {
        parser.abort(error instanceof Error ? error : new Error(String(error)));
      });
    },
  });
  try {
    await ended(source, parser);
    await taken;
  } catch (error) {
    await reader.stop();
    if (error instanceof Failure) throw error;
    throw new Failure(`The backup is damaged or cut off (${reasonOf(error)}).`);
  } finally {
    source.destroy();
  }
  return reader.finish();
}

function ended(source: Readable, parser: Parser): Promise<void> {
  return new Promise((resolve, reject) => {
    parser.on('end', resolve);
    parser.on('error', reject);
    parser.on('abort', reject);
    source.on('error', reject);
    source.pipe(parser);
  });
}

class ArchiveReader {
  readonly #folder: string;
  readonly #seen = new Set<string>();
  readonly #recordings = new Map<string, RecordingFacts>();
  #manifest: Manifest | undefined;
  #body: PassThrough | undefined;
  #writing: Promise<void> = Promise.resolve();

  readonly #recordingsFolder: string | undefined;

  constructor(folder: string, recordingsFolder: string | undefined) {
    this.#folder = folder;
    this.#recordingsFolder = recordingsFolder;
  }

  /** Takes one entry in. Throws Failure when it has no place in a backup. */
  async take(entry: ReadEntry): Promise<void> {
    const { path, type, size } = entry;
    if (type !== 'File' && type !== 'OldFile') throw strange(path);
    if (this.#manifest === undefined) {
      if (path !== MANIFEST || size > MANIFEST_LIMIT_BYTES) {
        throw new Failure('This is no backup of waystation: it does not begin with a manifest.');
      }
      this.#manifest = parseManifest((await entry.concat()).toString('utf8'));
      for (const facts of this.#manifest.recordings ?? []) this.#recordings.set(facts.name, facts);
      return;
    }
    const facts = this.#manifest.parts.find(({ name }) => name === path);
    const recording = this.#recordings.get(path);
    if ((facts ?? recording) === undefined || this.#seen.has(path)) throw strange(path);
    this.#seen.add(path);
    if (facts !== undefined) await this.#write(entry, facts, join(this.#folder, path));
    if (recording !== undefined) await this.#write(entry, recording, await this.#placeOf(path));
  }

  /** Gives up a file of which no more will come. */
  async stop(): Promise<void> {
    this.#body?.destroy();
    await this.#writing.catch(() => undefined);
  }

  /** Throws Failure when something is missing. */
  finish(): Manifest {
    const manifest = this.#manifest;
    if (manifest === undefined) {
      throw new Failure('This is no backup of waystation: it holds nothing.');
    }
    const all = [...manifest.parts, ...this.#recordings.values()];
    const missing = all.find(({ name }) => !this.#seen.has(name));
    if (missing === undefined) return manifest;
    throw new Failure(`The backup is cut off: ${missing.name} is missing.`);
  }

  async #placeOf(path: string): Promise<string | undefined> {
    if (this.#recordingsFolder === undefined) return undefined;
    const place = join(this.#recordingsFolder, path);
    await mkdir(dirname(place), { recursive: true, mode: 0o700 });
    return place;
  }

  /** @param place undefined: it is only checked */
  async #write(
    entry: ReadEntry,
    { name, bytes, sha256 }: PartFacts | RecordingFacts,
    place: string | undefined,
  ): Promise<void> {
    if (entry.size !== bytes) throw new Failure(`The backup is damaged: ${name} has another size.`);
    const hash = createHash('sha256');
    const hashed = async function* (body: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
      for await (const chunk of body) {
        hash.update(chunk);
        yield chunk;
      }
    };
    // not the entry itself: who waits for bytes of a destroyed entry would wait for ever
    this.#body = entry.pipe(new PassThrough());
    const sink =
      place === undefined
        ? new Writable({ write: (_chunk, _encoding, done) => done() })
        : createWriteStream(place, { mode: OWNER_ONLY, flags: 'wx' });
    this.#writing = pipeline(this.#body, hashed, sink);
    await this.#writing;
    if (hash.digest('hex') === sha256) return;
    throw new Failure(`The backup is damaged: ${name} has another SHA-256 than its manifest says.`);
  }
}

function strange(path: string): Failure {
  const shown = JSON.stringify(path.slice(0, 100));
  return new Failure(`This is no backup of waystation: it holds ${shown}, which no backup has.`);
}
