import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { contracts, renderPage, uncovered, unknownTags } from './conformance/page.js';
import { readClaims, root } from './conformance/titles.js';

const claims = readClaims();

test('every item of the contracts is proven by a test or waits with a reason', () => {
  for (const contract of contracts) {
    assert.deepEqual(uncovered(contract, claims), [], `${contract.heading}: items without a test`);
  }
});

test('no test title names an item that does not exist', () => {
  assert.deepEqual(unknownTags(claims), []);
});

test('docs/conformance.md is what the test titles say', () => {
  const page = readFileSync(join(root, 'docs', 'conformance.md'), 'utf8');
  assert.equal(page, renderPage(claims), 'run: npm run generate');
});

test('the protocol list has its 124 items', () => {
  assert.equal(contracts[0]?.items.length, 124);
});

test('the list of the HTTP API has its 110 items', () => {
  assert.equal(contracts[1]?.items.length, 110);
});
