import { randomBytes } from 'node:crypto';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { textOf } from './server-key-file.js';

/** Puts a secret file into its place at once; one that was there before stays as `<name>.replaced`. */
export async function putFile(folder: string, name: string, text: string): Promise<void> {
  const path = join(folder, name);
  const before = await textOf(path);
  if (before === text) return;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const draft = join(folder, `.${name}.${randomBytes(6).toString('hex')}`);
  await writeFile(draft, text, { mode: 0o600, flag: 'wx', flush: true });
  if (before !== undefined) await rename(path, `${path}.replaced`);
  await rename(draft, path);
}
