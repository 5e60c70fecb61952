import { Failure } from '../failure.js';
import { recordingsOf, type RecordingFacts } from './recordings.js';

/** Raised when an older release could not restore what is written: 2 has recordings. */
export const BACKUP_FORMAT = 2;
export const MANIFEST = 'manifest.json';

/** What a backup may hold beside its manifest; nothing else is ever unpacked. */
export const parts = {
  secretKey: 'id_ed25519',
  publicKey: 'id_ed25519.pub',
  dataKey: 'data-key',
  identities: 'identities.jsonl',
  accounts: 'accounts.jsonl',
  relaySettings: 'relay-settings.json',
} as const;
export type PartName = (typeof parts)[keyof typeof parts];

export interface PartFacts {
  readonly name: PartName;
  readonly bytes: number;
  /** Hex. */
  readonly sha256: string;
}

/** The first file of a backup: what the others are. */
export interface Manifest {
  readonly format: number;
  readonly release: string;
  /** ISO 8601. */
  readonly made: string;
  /** Base64 of the server's public key; empty when the key is not in the backup. */
  readonly key: string;
  readonly devices: number;
  /** Rows of each table; undefined without accounts. */
  readonly accounts?: Readonly<Record<string, number>>;
  readonly parts: readonly PartFacts[];
  /** Undefined when they were not asked for. */
  readonly recordings?: readonly RecordingFacts[];
}

/** Reads a manifest. Throws Failure when it is none of ours, or of a release to come. */
export function parseManifest(text: string): Manifest {
  const fields = objectOf(text);
  const { format, release, made, key, devices, accounts } = fields;
  if (typeof format === 'number' && format > BACKUP_FORMAT) {
    throw new Failure(
      `This backup has format ${format} (release ${String(release)}); this release reads up to ${BACKUP_FORMAT}: restore it with the newer release.`,
    );
  }
  const texts = [release, made, key].every((value) => typeof value === 'string');
  const found = partsOf(fields['parts']);
  const recordings = recordingsOf(fields['recordings'] ?? []);
  const isWhole = texts && Number.isSafeInteger(devices) && found && recordings;
  if (typeof format !== 'number' || format < 1 || !isWhole) {
    throw new Failure('This is no backup of waystation: its manifest cannot be read.');
  }
  return {
    format,
    release: String(release),
    made: String(made),
    key: String(key),
    devices: Number(devices),
    ...(isCounts(accounts) ? { accounts } : {}),
    parts: found,
    ...(fields['recordings'] === undefined ? {} : { recordings }),
  };
}

function partsOf(value: unknown): PartFacts[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const found = value.map(partOf);
  return found.every((part) => part !== undefined) ? found : undefined;
}

function partOf(value: unknown): PartFacts | undefined {
  const { name, bytes, sha256 }: { name?: unknown; bytes?: unknown; sha256?: unknown } =
    typeof value === 'object' && value !== null ? value : {};
  const known = Object.values(parts).find((each) => each === name);
  const sized = typeof bytes === 'number' && Number.isSafeInteger(bytes) && bytes >= 0;
  if (known === undefined || !sized || typeof sha256 !== 'string') return undefined;
  return { name: known, bytes, sha256 };
}

function isCounts(value: unknown): value is Record<string, number> {
  if (typeof value !== 'object' || value === null) return false;
  return Object.values(value).every((count) => Number.isSafeInteger(count));
}

function objectOf(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    // the caller says what is missing
    return {};
  }
}
