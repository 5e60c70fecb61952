import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { mkdir, open, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { PassThrough, Readable, type Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { create, Parser, type ReadEntry } from 'tar';
import { reasonOf } from '@waystation/ops';
import { Failure } from '../failure.js';
import { atEnd } from '../process-end.js';
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
  await using file = await written(draft, open(draft, 'wx', OWNER_ONLY));
  const forget = atEnd(() => rmSync(draft, { force: true }));
  try {
    await written(draft, pack(folder, manifest, file.createWriteStream({ flush: true })));
    await written(path, rename(draft, path));
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  } finally {
    forget();
  }
}

/** What `writing` delivers. Throws Failure, naming the place, when the system refuses it. */
export async function written<T>(place: string, writing: Promise<T>): Promise<T> {
  try {
    return await writing;
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure(`${place} cannot be written (${reasonOf(error)}).`);
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
    reader.stop();
    await taken.catch(() => undefined);
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
    source.on('error', (error) => {
      reject(new Failure(`The backup cannot be read (${reasonOf(error)}).`));
    });
    source.pipe(parser);
  });
}

class ArchiveReader {
  readonly #folder: string;
  readonly #seen = new Set<string>();
  readonly #recordings = new Map<string, RecordingFacts>();
  readonly #recordingsFolder: string | undefined;
  #manifest: Manifest | undefined;
  /** Of the entry being taken; not the entry itself, of which a reader gets no end when it breaks off. */
  #body: PassThrough | undefined;
  #stopped = false;

  constructor(folder: string, recordingsFolder: string | undefined) {
    this.#folder = folder;
    this.#recordingsFolder = recordingsFolder;
  }

  /** Takes one entry in. Throws Failure when it has no place in a backup. */
  async take(entry: ReadEntry): Promise<void> {
    const { path, type, size } = entry;
    this.#body = entry.pipe(new PassThrough());
    if (this.#stopped) this.#body.destroy();
    if (type !== 'File' && type !== 'OldFile') throw strange(path);
    if (this.#manifest === undefined) {
      if (path !== MANIFEST || size > MANIFEST_LIMIT_BYTES) {
        throw new Failure('This is no backup of waystation: it does not begin with a manifest.');
      }
      this.#manifest = parseManifest(await text(this.#body));
      for (const facts of this.#manifest.recordings ?? []) this.#recordings.set(facts.name, facts);
      return;
    }
    const facts = this.#manifest.parts.find(({ name }) => name === path);
    const recording = this.#recordings.get(path);
    const known = facts ?? recording;
    if (known === undefined || this.#seen.has(path)) throw strange(path);
    if (size !== known.bytes) throw new Failure(`The backup is damaged: ${path} has another size.`);
    this.#seen.add(path);
    const place = facts === undefined ? await this.#placeOf(path) : join(this.#folder, path);
    await this.#write(this.#body, known, place);
  }

  /** Gives up an entry of which no more will come. */
  stop(): void {
    this.#stopped = true;
    this.#body?.destroy();
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
    await written(place, mkdir(dirname(place), { recursive: true, mode: 0o700 }));
    return place;
  }

  /** @param place undefined: it is only checked */
  async #write(
    body: Readable,
    { name, sha256 }: PartFacts | RecordingFacts,
    place: string | undefined,
  ): Promise<void> {
    const hash = createHash('sha256');
    await using file =
      place === undefined ? undefined : await written(place, open(place, 'wx', OWNER_ONLY));
    for await (const chunk of body as AsyncIterable<Buffer>) {
      hash.update(chunk);
      if (file !== undefined) await written(place ?? name, file.writeFile(chunk));
    }
    if (hash.digest('hex') === sha256) return;
    throw new Failure(`The backup is damaged: ${name} has another SHA-256 than its manifest says.`);
  }
}

function strange(path: string): Failure {
  const shown = JSON.stringify(path.slice(0, 100));
  return new Failure(`This is no backup of waystation: it holds ${shown}, which no backup has.`);
}
