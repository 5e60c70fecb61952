import type { OnModuleDestroy, OnModuleInit } from '@nestjs/common';
import type { Log, Metrics } from '@waystation/ops';
import { Refusal } from '../http/refusal.js';
import type { Recording, RecordingFiles } from './recording-files.js';

const INTERVAL_MS = 60_000;
/** After a look that found no room nobody makes us look again for so long. */
const NO_ROOM_MS = 5_000;
const GIGABYTE = 1024 ** 3;
/** Whatever the limits say: a backup takes twice as many. */
const MOST_FILES = 100_000;
/** Kept free within the limits for what comes until the next look. */
const SPARE_BYTES = 64 * 1024 ** 2;
const SPARE_SHARE = 0.01;
/** Of the disk, and never more than a gigabyte: what the database beside them goes on with. */
const RESERVED_SHARE = 0.05;
/** Names in a log line. */
const NAMED_IN_LOG = 20;

/** How long and how much; 0: no limit. */
export interface RecordingLimits {
  readonly recordingRetentionMs: number;
  readonly recordingLimitGigabytes: number;
}

/** Why a recording was removed. */
const REASONS = ['age', 'size', 'number'] as const;
type Reason = (typeof REASONS)[number];

interface Removed {
  readonly recording: Recording;
  readonly reason: Reason;
}

interface Room {
  bytes: number;
  files: number;
}

/**
 * Keeps recordings within their limits: the oldest go, never one that is being written. Every replica
 * looks at the folder and does it, which does no harm; when even that makes no room, none is given.
 */
export class RecordingRoom implements OnModuleInit, OnModuleDestroy {
  readonly #removed: Record<Reason, number> = { age: 0, size: 0, number: 0 };
  #kept = { files: 0, bytes: 0 };
  #room: Room | undefined;
  /** By the clock that nobody sets. */
  #noRoomUntil = 0;
  #looking: Promise<Room> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #ended = false;

  constructor(
    private readonly files: RecordingFiles,
    private readonly limits: RecordingLimits,
    private readonly log: Log,
    metrics: Metrics,
  ) {
    metrics.countersOf(
      'api_recordings_removed_total',
      'Recordings removed because of their age, or because all together were too large or too many',
      ['reason'],
      () => REASONS.map((reason) => ({ labels: { reason }, value: this.#removed[reason] })),
    );
    metrics.gaugeOf('api_recordings', 'Recordings that are kept', () => this.#kept.files);
    metrics.gaugeOf(
      'api_recordings_bytes',
      'Bytes of all recordings that are kept',
      () => this.#kept.bytes,
    );
  }

  onModuleInit(): void {
    this.#timer = setInterval(() => void this.run(), INTERVAL_MS);
    this.#timer.unref();
    void this.run();
  }

  async onModuleDestroy(): Promise<void> {
    this.#ended = true;
    clearInterval(this.#timer);
    await this.#looking?.catch(() => undefined);
  }

  /** One round; never rejects, the next one does what this one could not. */
  async run(now = Date.now()): Promise<void> {
    try {
      await this.#look(now);
    } catch (error) {
      this.log.warn('could not look after the recordings', { error });
    }
  }

  /** Takes room for one more recording. Throws Refusal when there is none. */
  async takeFile(): Promise<void> {
    const room = await this.#having(({ files, bytes }) => files > 0 && bytes > 0);
    room.files -= 1;
  }

  /** Takes room for more bytes of one. Throws Refusal when there is none. */
  async takeBytes(bytes: number): Promise<void> {
    const room = await this.#having((has) => has.bytes >= bytes);
    room.bytes -= bytes;
  }

  async #having(isEnough: (room: Room) => boolean): Promise<Room> {
    let room = this.#room ?? (await this.#look(Date.now()));
    if (isEnough(room)) return room;
    if (performance.now() >= this.#noRoomUntil) {
      room = await this.#look(Date.now());
      if (isEnough(room)) return room;
      this.#noRoomUntil = performance.now() + NO_ROOM_MS;
    }
    throw new Refusal('There is no room for more recordings on this server');
  }

  #look(now: number): Promise<Room> {
    this.#looking ??= this.#lookOnce(now).finally(() => (this.#looking = undefined));
    return this.#looking;
  }

  async #lookOnce(now: number): Promise<Room> {
    const all = await this.files.all(now);
    const removed: Removed[] = [];
    for (const one of surplus(all, this.limits, now)) {
      if (this.#ended) break;
      // somebody may have gone on writing it meanwhile
      const current = await this.files.find(one.recording, now);
      if (current === undefined || current.isGrowing) continue;
      if (await this.files.remove(one.recording)) removed.push(one);
    }
    this.#tell(removed);
    const gone = new Set(removed.map(({ recording }) => recording));
    const kept = all.filter((recording) => !gone.has(recording));
    this.#kept = { files: kept.length, bytes: sizeOf(kept) };
    this.#room = await this.#left();
    return this.#room;
  }

  /** Room within the limits, and on the disk. */
  async #left(): Promise<Room> {
    const disk = await this.files.disk();
    const reserved = Math.min(GIGABYTE, (disk?.bytes ?? 0) * RESERVED_SHARE);
    const onDisk = disk === undefined ? Infinity : disk.freeBytes - reserved;
    const within = limitBytes(this.limits) - this.#kept.bytes;
    return { bytes: Math.min(within, onDisk), files: MOST_FILES - this.#kept.files };
  }

  #tell(removed: readonly Removed[]): void {
    for (const reason of REASONS) {
      const some = removed.filter((one) => one.reason === reason).map((one) => one.recording);
      if (some.length === 0) continue;
      this.#removed[reason] += some.length;
      const names = some.slice(0, NAMED_IN_LOG).map(({ address, file }) => `${address}/${file}`);
      const facts = { reason, recordings: some.length, bytes: sizeOf(some), names };
      this.log.info('removed recordings', facts);
    }
  }
}

/** What has to go, the oldest first. */
function surplus(all: readonly Recording[], limits: RecordingLimits, now: number): Removed[] {
  const { recordingRetentionMs } = limits;
  const before = recordingRetentionMs === 0 ? -Infinity : now - recordingRetentionMs;
  const [mostBytes, mostFiles] = [lessSpare(limitBytes(limits)), lessSpare(MOST_FILES)];
  let [bytes, files] = [sizeOf(all), all.length];
  const oldestFirst = all
    .filter(({ isGrowing }) => !isGrowing)
    .sort((a, b) => a.writtenAt - b.writtenAt);
  const gone: Removed[] = [];
  for (const recording of oldestFirst) {
    const over: Record<Reason, boolean> = {
      age: recording.writtenAt < before,
      size: bytes > mostBytes,
      number: files > mostFiles,
    };
    const reason = REASONS.find((one) => over[one]);
    if (reason === undefined) break;
    gone.push({ recording, reason });
    bytes -= recording.bytes;
    files -= 1;
  }
  return gone;
}

function lessSpare(limit: number): number {
  return limit - Math.min(SPARE_BYTES, limit * SPARE_SHARE);
}

function limitBytes({ recordingLimitGigabytes }: RecordingLimits): number {
  return recordingLimitGigabytes === 0 ? Infinity : recordingLimitGigabytes * GIGABYTE;
}

function sizeOf(recordings: readonly Recording[]): number {
  return recordings.reduce((sum, { bytes }) => sum + bytes, 0);
}
