import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SUPPRESSING, refusalText, refusals, type RefusalCode } from './refusals.js';

const codes = Object.keys(refusals) as RefusalCode[];

test('a client repeats an attempt by itself exactly where that is meant', () => {
  for (const code of codes) {
    // Hexadecimal digits spell none of the words.
    const text = refusalText(code, 'feedfacecafebeef').toLowerCase();
    const stays = SUPPRESSING.some((word) => text.includes(word));
    assert.equal(!stays, refusals[code].again, code);
    assert.doesNotMatch(text, /^failed/);
  }
});

test('every text names its code and the attempt', () => {
  for (const code of codes)
    assert.match(refusalText(code, 'a1b2'), new RegExp(`\\(${code} a1b2\\)`));
});
