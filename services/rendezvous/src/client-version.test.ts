import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CURRENT_FIELDS, isAtLeast } from './client-version.js';

test('a version counts as new only when it can be read and is not older', () => {
  for (const version of ['1.2.7', '1.2.10', '1.4.9', '2.0.0', '1.3.0-1']) {
    assert.equal(isAtLeast(version, CURRENT_FIELDS), true, version);
  }
  for (const version of ['', '1.2.6', '1.1.9', '1.2.3-1', '0.9.9', 'nightly', '1.4']) {
    assert.equal(isAtLeast(version, CURRENT_FIELDS), false, version);
  }
});
