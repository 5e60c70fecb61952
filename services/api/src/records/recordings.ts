import { createWriteStream } from 'node:fs';
import { mkdir, open, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Refusal } from '../http/refusal.js';
import type { DeviceStore } from '../store/device-store.js';

/** The first bytes of a container, which a client rewrites when a recording is complete. */
const HEADER_BYTES = 1024;
/** A device that is not heard of for this long does not record. */
const HEARD_MS = 10 * 60_000;
const MEGABYTE = 1024 * 1024;

/** One request of an upload. */
export interface RecordRequest {
  readonly type: string;
  readonly file: string;
  readonly offset: string;
  readonly address: string;
}

interface RecordingsConfig {
  readonly recordings: boolean;
  readonly recordingMaxMegabytes: number;
  readonly dataDir: string;
}

/**
 * Recordings that devices upload, in a folder per address. Uploads carry no login: they count only
 * from an address of a device that is being heard of, and only under names that recordings have.
 */
export class Recordings {
  constructor(
    private readonly devices: DeviceStore,
    private readonly config: RecordingsConfig,
  ) {}

  /** Takes one request and its body. Throws Refusal. */
  async take(request: RecordRequest, body: Readable): Promise<void> {
    if (!this.config.recordings) throw new Refusal('disabled');
    const path = await this.#path(request);
    switch (request.type) {
      case 'new':
        return create(path);
      case 'part':
        return this.#write(path, offsetOf(request), body);
      case 'tail':
        return this.#write(path, 0, body, HEADER_BYTES);
      case 'remove':
        return rm(path, { force: true });
      default:
        throw new Refusal('Unknown kind of upload');
    }
  }

  async #path({ file, address }: RecordRequest): Promise<string> {
    const isName = /^[A-Za-z0-9][A-Za-z0-9_@.+-]{0,199}\.(webm|mp4|mkv)$/.test(file);
    if (!isName || file.includes('..')) throw new Refusal('This is no name of a recording');
    if (!(await this.devices.hasAddress(address, Date.now() - HEARD_MS))) {
      throw new Refusal('No device is known at this address');
    }
    const folder = join(this.config.dataDir, 'recordings', address.replace(/[^0-9A-Fa-f.]/g, '_'));
    await mkdir(folder, { recursive: true, mode: 0o700 });
    return join(folder, file);
  }

  /** Writes straight to the file, whatever the length; a repeated part lands where it was. */
  async #write(path: string, start: number, body: Readable, maxBytes?: number): Promise<void> {
    const size = await sizeOf(path);
    if (start > size) throw new Refusal('A part of the recording is missing');
    const room = this.config.recordingMaxMegabytes * MEGABYTE - start;
    const limited = limit(body, Math.min(room, maxBytes ?? room));
    await pipeline(limited, createWriteStream(path, { flags: 'r+', start }));
  }
}

async function create(path: string): Promise<void> {
  try {
    await (await open(path, 'wx', 0o600)).close();
  } catch (error) {
    // the same request again is fine, another recording of this name is not overwritten
    const exists = error instanceof Error && 'code' in error && error.code === 'EEXIST';
    if (!exists) throw error;
    if ((await sizeOf(path)) > 0) throw new Refusal('There is a recording of this name');
  }
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      throw new Refusal('There is no such recording');
    }
    throw error;
  }
}

function offsetOf({ offset }: RecordRequest): number {
  const value = Number(offset);
  if (/^\d{1,15}$/.test(offset) && Number.isSafeInteger(value)) return value;
  throw new Refusal('The offset is no number');
}

async function* limit(body: Readable, maxBytes: number): AsyncGenerator<Buffer> {
  let left = maxBytes;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    left -= chunk.length;
    if (left < 0) throw new Refusal('The recording is too large');
    yield chunk;
  }
}
