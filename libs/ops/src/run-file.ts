import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What a replica tells programs beside it, such as the health check and `npm start`. */
export interface RunFacts {
  readonly service: string;
  readonly replica: string;
  readonly pid: number;
  readonly opsHost: string;
  readonly opsPort: number;
}

/**
 * Writes `<dir>/<replica>.json`, whole or not at all; the returned function removes it. An empty
 * `dir` means none is wanted.
 */
export function writeRunFile(dir: string, facts: RunFacts): () => void {
  if (dir === '') return () => undefined;
  mkdirSync(dir, { recursive: true });
  const path = join(dir, `${facts.replica}.json`);
  const part = `${path}.${facts.pid}.part`;
  writeFileSync(part, `${JSON.stringify(facts)}\n`);
  renameSync(part, path);
  return () => rmSync(path, { force: true });
}
