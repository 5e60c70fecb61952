import { readFileSync } from 'node:fs';
import { StartError, reasonOf } from '@waystation/ops';

/** The certificates of a file. Throws StartError that names the setting. */
export function certificates(setting: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new StartError(`${setting} names ${path}, which cannot be read (${reasonOf(error)}).`);
  }
}
