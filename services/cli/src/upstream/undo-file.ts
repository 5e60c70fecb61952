import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Failure } from '../failure.js';
import { identityLine, parseIdentityLine } from '../identity-line.js';
import type { Identity } from '@waystation/state';
import { textOf } from '../server-key-file.js';

/** What an import is about to change, so that it can be taken back. */
export interface UndoFacts {
  /** Devices that were not there before, by id and guid. */
  readonly added: readonly (readonly [id: string, guid: string])[];
  /** Devices that the import pushes aside, with the guid that replaces them. */
  readonly replaced: readonly (readonly [before: Identity, guid: string])[];
  /** Text of the secret key file: the one that was there, and the imported one; undefined: untouched. */
  readonly key: { readonly before: string | null; readonly imported: string } | undefined;
}

const FORMAT = 1;

/** Writes it before anything is changed; only this user can read it, for it may hold a key. */
export async function writeUndo(path: string, { added, replaced, key }: UndoFacts): Promise<void> {
  const lines = replaced.map(([before, guid]) => [identityLine(before), guid]);
  const text = JSON.stringify({ format: FORMAT, added, replaced: lines, key });
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await writeFile(path, text, { mode: 0o600, flag: 'wx', flush: true });
}

/** Throws Failure when the file is none of ours. */
export async function readUndo(path: string): Promise<UndoFacts> {
  const text = await textOf(path);
  if (text === undefined) throw new Failure(`There is no ${path}.`);
  try {
    const { format, added, replaced, key } = JSON.parse(text) as {
      format: number;
      added: [string, string][];
      replaced: [string, string][];
      key: UndoFacts['key'];
    };
    if (format !== FORMAT) throw new Error('another format');
    const before = replaced.map(
      ([line, guid], index) => [parseIdentityLine(line, index + 1), guid] as const,
    );
    return { added: added.map(([id, guid]) => [id, guid]), replaced: before, key };
  } catch {
    throw new Failure(`${path} is not what an import has written to take it back.`);
  }
}
