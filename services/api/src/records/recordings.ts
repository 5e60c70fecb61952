import { createWriteStream } from 'node:fs';
import { open, truncate } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Log } from '@waystation/ops';
import { Refusal } from '../http/refusal.js';
import type { DeviceStore } from '../store/device-store.js';
import {
  type Recording,
  type RecordingFiles,
  RECORDING_MODE,
  codeOf,
  isMissing,
} from './recording-files.js';
import type { RecordingRoom } from './recording-room.js';

/** The first bytes of a container, which a client rewrites when a recording is complete. */
const HEADER_BYTES = 1024;
/** A device that is not heard of for this long does not record. */
const HEARD_MS = 10 * 60_000;
const MEGABYTE = 1024 * 1024;
/** What systems say when a disk, or the share of it that we may have, is full. */
const FULL = new Set<unknown>(['ENOSPC', 'EDQUOT', 'EFBIG']);
/** What a connection that ends in the middle of a request looks like. */
const CUT_OFF = new Set<unknown>(['ECONNRESET', 'ERR_STREAM_PREMATURE_CLOSE']);

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
}

/**
 * Recordings that devices upload, in a folder per address. Uploads carry no login: they count only
 * from an address of a device that is being heard of, and only under names that recordings have.
 */
export class Recordings {
  readonly #writing = new Set<string>();

  constructor(
    private readonly devices: DeviceStore,
    private readonly files: RecordingFiles,
    private readonly room: RecordingRoom,
    private readonly config: RecordingsConfig,
    private readonly log: Log,
  ) {}

  /** Takes one request and its body. Throws Refusal. */
  async take(request: RecordRequest, body: Readable): Promise<void> {
    if (!this.config.recordings) throw new Refusal('disabled');
    const path = await this.#path(request);
    switch (request.type) {
      case 'new':
        return this.#create(request, path);
      case 'part':
        return this.#write(request, path, body, offsetOf(request));
      case 'tail':
        await this.#write(request, path, body, 0, HEADER_BYTES);
        return this.#complete(request);
      case 'remove':
        await this.files.remove(request);
        return;
      default:
        throw new Refusal('Unknown kind of upload');
    }
  }

  async #path(request: RecordRequest): Promise<string> {
    const path = this.files.pathOf(request);
    if (path === undefined) throw new Refusal('This is no name of a recording');
    if (await this.devices.hasAddress(request.address, Date.now() - HEARD_MS)) return path;
    throw new Refusal('No device is known at this address');
  }

  async #create(request: RecordRequest, path: string): Promise<void> {
    // the same request again is fine, another recording of this name is not overwritten
    const there = await this.files.find(request);
    if (there?.bytes === 0) return;
    if (there !== undefined) throw new Refusal('There is a recording of this name');
    await this.room.takeFile();
    try {
      await this.files.prepare(request.address);
      await (await open(path, 'a', RECORDING_MODE)).close();
    } catch (error) {
      throw this.#refusal(error);
    }
  }

  /** One request at a time for one recording: two would be counted as one another's half. */
  async #write(
    request: RecordRequest,
    path: string,
    body: Readable,
    start: number,
    maxBytes = Infinity,
  ): Promise<void> {
    if (this.#writing.has(path)) throw new Refusal('Another request writes this recording');
    this.#writing.add(path);
    try {
      const { bytes: size } = await this.#open(request);
      if (start > size) throw new Refusal('A part of the recording is missing');
      const most = Math.min(this.config.recordingMaxMegabytes * MEGABYTE - start, maxBytes);
      await this.#append(path, size, this.#limited(body, most), start);
    } finally {
      this.#writing.delete(path);
    }
  }

  async #open(request: RecordRequest): Promise<Recording> {
    const found = await this.files.find(request);
    if (found === undefined) throw new Refusal('There is no such recording');
    if (found.isOpen) return found;
    throw new Refusal('This recording is complete');
  }

  /** Writes straight to the file, whatever the length; of what does not arrive whole nothing stays. */
  async #append(
    path: string,
    size: number,
    body: AsyncIterable<Buffer>,
    start: number,
  ): Promise<void> {
    try {
      await pipeline(body, createWriteStream(path, { flags: 'r+', start }));
    } catch (error) {
      // it may have been removed meanwhile
      await truncate(path, size).catch((failure: unknown) => {
        if (!isMissing(failure)) throw failure;
      });
      throw this.#refusal(error);
    }
  }

  async #complete(request: RecordRequest): Promise<void> {
    try {
      await this.files.complete(request);
    } catch (error) {
      // a disk without modes: it counts as being written until nothing has come for a day
      this.log.debug('a recording cannot be marked as complete', { error });
    }
  }

  async *#limited(body: Readable, maxBytes: number): AsyncGenerator<Buffer> {
    let left = maxBytes;
    for await (const chunk of body as AsyncIterable<Buffer>) {
      left -= chunk.length;
      if (left < 0) throw new Refusal('The recording is too large');
      await this.room.takeBytes(chunk.length);
      yield chunk;
    }
  }

  /** What to tell the device about a failure; what is none of ours to explain stays as it is. */
  #refusal(error: unknown): unknown {
    const code = codeOf(error);
    if (CUT_OFF.has(code)) return new Refusal('The upload was cut off');
    if (!FULL.has(code)) return error;
    this.log.warn('a recording cannot be written: the disk is full', { code });
    return new Refusal('The disk of this server is full');
  }
}

function offsetOf({ offset }: RecordRequest): number {
  const value = Number(offset);
  if (/^\d{1,15}$/.test(offset) && Number.isSafeInteger(value)) return value;
  throw new Refusal('The offset is no number');
}
