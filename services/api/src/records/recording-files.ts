import { chmod, lstat, mkdir, readdir, rm, rmdir, statfs } from 'node:fs/promises';
import { join } from 'node:path';

/** As clients name them: `incoming_<id>_<time of the device>_display0_vp9.webm`. */
const FILE = /^[A-Za-z0-9][A-Za-z0-9_@.+-]{0,199}\.(webm|mp4|mkv)$/;
const FOLDER = /^(?=.*[0-9A-Fa-f])[0-9A-Fa-f._]{1,64}$/;
const NAMED = /^(?:incoming|outgoing)_(.{1,100})_\d{14,17}_/;
/** A recording without its end that nothing came for so long is not written any more. */
const ABANDONED_MS = 24 * 3_600_000;
/** A folder that was empty for so long gets no recording in the same moment. */
const EMPTY_MS = 3_600_000;
const FILE_MODE = 0o600;
const COMPLETE_MODE = 0o400;
const WRITABLE = 0o200;
/** Files asked about at once. */
const AT_ONCE = 32;

/** One recording, as its file tells. */
export interface Recording {
  /** Of the device that sent it. */
  readonly address: string;
  readonly file: string;
  /** The id in the name; the device says so. */
  readonly device: string;
  readonly bytes: number;
  /** When something was written last, in ms since 1970. */
  readonly writtenAt: number;
  /** Its end has not come. */
  readonly isOpen: boolean;
  /** Its end has not come, and may still. */
  readonly isGrowing: boolean;
}

/** Which recording. */
export type RecordingName = Pick<Recording, 'address' | 'file'>;

/** What a file of a recording is when it is made. */
export const RECORDING_MODE = FILE_MODE;

/** The folder of recordings: one folder for each address, and nothing but it says what there is. */
export class RecordingFiles {
  readonly #root: string;

  constructor({ dataDir }: { readonly dataDir: string }) {
    this.#root = join(dataDir, 'recordings');
  }

  /** Where a recording is or would be; undefined for what cannot be the name of one. */
  pathOf({ address, file }: RecordingName): string | undefined {
    const folder = folderOf(address);
    const isName = FOLDER.test(folder) && FILE.test(file);
    return isName && !file.includes('..') ? join(this.#root, folder, file) : undefined;
  }

  /** Makes the folder of an address. */
  async prepare(address: string): Promise<void> {
    await mkdir(join(this.#root, folderOf(address)), { recursive: true, mode: 0o700 });
  }

  /** Undefined when there is none. */
  async find(name: RecordingName, now = Date.now()): Promise<Recording | undefined> {
    const path = this.pathOf(name);
    const facts = path === undefined ? undefined : await factsOf(path);
    if (facts?.isFile() !== true) return undefined;
    const { size, mode, mtimeMs } = facts;
    const isOpen = (mode & WRITABLE) !== 0;
    return {
      address: addressOf(folderOf(name.address)),
      file: name.file,
      device: NAMED.exec(name.file)?.[1] ?? '',
      bytes: size,
      writtenAt: Math.floor(mtimeMs),
      isOpen,
      // both ways: a clock that was set back leaves times in the future behind
      isGrowing: isOpen && Math.abs(now - mtimeMs) < ABANDONED_MS,
    };
  }

  /** Everything there is, in no order. */
  async all(now = Date.now()): Promise<Recording[]> {
    const found: Recording[] = [];
    for (const folder of await namesIn(this.#root)) {
      if (!FOLDER.test(folder)) continue;
      const files = await namesIn(join(this.#root, folder));
      if (files.length === 0) await this.#dropEmpty(folder, now);
      for (let start = 0; start < files.length; start += AT_ONCE) {
        const some = files.slice(start, start + AT_ONCE);
        const looked = some.map((file) => this.find({ address: folder, file }, now));
        for (const one of await Promise.all(looked)) if (one !== undefined) found.push(one);
      }
    }
    return found;
  }

  /** Marks a recording as one that nothing is written to any more. */
  async complete(name: RecordingName): Promise<void> {
    const path = this.pathOf(name);
    if (path !== undefined) await chmod(path, COMPLETE_MODE);
  }

  /** True when it was there. */
  async remove(name: RecordingName): Promise<boolean> {
    const path = this.pathOf(name);
    if (path === undefined || (await factsOf(path))?.isFile() !== true) return false;
    await rm(path, { force: true });
    return true;
  }

  /** Size and free bytes of the disk they are on; undefined before the first recording. */
  async disk(): Promise<{ bytes: number; freeBytes: number } | undefined> {
    try {
      const { blocks, bavail, bsize } = await statfs(this.#root);
      return { bytes: blocks * bsize, freeBytes: bavail * bsize };
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  async #dropEmpty(folder: string, now: number): Promise<void> {
    const path = join(this.#root, folder);
    const facts = await factsOf(path);
    if (facts?.isDirectory() !== true || now - facts.mtimeMs < EMPTY_MS) return;
    try {
      await rmdir(path);
    } catch (error) {
      // another replica was first, or a recording has just begun
      if (!isMissing(error) && codeOf(error) !== 'ENOTEMPTY') throw error;
    }
  }
}

/** Whether an error says that there is no such file. */
export function isMissing(error: unknown): boolean {
  return codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR';
}

/** The code of a system error; undefined for any other. */
export function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

function folderOf(address: string): string {
  return address.replaceAll(':', '_');
}

function addressOf(folder: string): string {
  return folder.replaceAll('_', ':');
}

async function factsOf(path: string) {
  try {
    return await lstat(path);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}
