import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { keyTable, type KeyFacts } from '@waystation/state';
import { withKeyTable } from './architecture/key-table.js';

const ARCHITECTURE = new URL('../../ARCHITECTURE.md', import.meta.url);

test('the table of Redis keys in ARCHITECTURE.md is the one in the code', () => {
  const text = readFileSync(ARCHITECTURE, 'utf8');
  // Not assert.equal: on a failure it would print the whole page twice.
  assert.ok(text === withKeyTable(text), 'the table is out of date: run npm run generate');
});

test('no two keys share a name', () => {
  const patterns = Object.values(keyTable).map((key: KeyFacts) => key.pattern);
  assert.deepEqual([...new Set(patterns)], patterns);
});
