import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A test title that claims to cover something. */
export interface Claim {
  /** Such as `P49`. */
  readonly tag: string;
  /** Path of the file from the root of the repository. */
  readonly file: string;
  /** The title without its tags. */
  readonly title: string;
}

/** The root of the repository. This file runs as test/dist/conformance/titles.js. */
export const root = fileURLToPath(new URL('../../../', import.meta.url));

const SKIPPED = new Set(['node_modules', 'dist', 'generated', 'load']);
const ROOMS = ['libs', 'services', 'test'];

// A string literal on one line, as Prettier leaves titles.
const LITERAL = /(['"`])((?:\\.|(?!\1).)*)\1/g;
const TAG = /\[([A-Z]\d+)\]/g;

/** Every tag in every test title of the repository, sorted by file. */
export function readClaims(): Claim[] {
  return ROOMS.flatMap((room) => testFiles(join(root, room)))
    .sort()
    .flatMap(claimsOf);
}

function testFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return SKIPPED.has(entry.name) ? [] : testFiles(path);
    return holdsTitles(path) ? [path] : [];
  });
}

/** Tests, and the scenarios whose titles become test titles. */
function holdsTitles(path: string): boolean {
  return path.endsWith('.test.ts') || (/\/scenarios\//.test(path) && path.endsWith('.ts'));
}

function claimsOf(path: string): Claim[] {
  const file = relative(root, path);
  return readFileSync(path, 'utf8')
    .split('\n')
    .flatMap((line) => [...line.matchAll(LITERAL)])
    .flatMap(([, , literal = '']) => {
      const title = literal.replaceAll(TAG, '').replaceAll(/\s+/g, ' ').trim();
      return [...literal.matchAll(TAG)].map(([, tag = '']) => ({ tag, file, title }));
    });
}
