import assert from 'node:assert/strict';
import { test } from 'node:test';
import { matchTotp, newTotpSecret, stepAt, totpCode } from './totp.js';

/** The secret of RFC 6238, appendix B, in base32. */
const SECRET = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';

test('makes the codes of RFC 6238 (the last six digits of its eight)', () => {
  for (const [seconds, code] of [
    [59, '287082'],
    [1_111_111_109, '081804'],
    [1_234_567_890, '005924'],
    [20_000_000_000, '353130'],
  ] as const) {
    assert.equal(totpCode(SECRET, stepAt(seconds * 1000)), code);
  }
});

test('takes a code one step around now, and none twice', () => {
  const now = 1_234_567_890_000;
  const step = stepAt(now);
  for (const ahead of [-1, 0, 1]) {
    assert.equal(matchTotp(SECRET, totpCode(SECRET, step + ahead), now, 0), step + ahead);
  }
  for (const ahead of [-2, 2]) {
    assert.equal(matchTotp(SECRET, totpCode(SECRET, step + ahead), now, 0), undefined);
  }
  assert.equal(matchTotp(SECRET, totpCode(SECRET, step), now, step), undefined);
  for (const odd of ['', '12345', '1234567', 'abcdef', '٣٣٣٣٣٣']) {
    assert.equal(matchTotp(SECRET, odd, now, 0), undefined);
  }
});

test('makes secrets of 160 bits that differ', () => {
  const secrets = Array.from({ length: 100 }, newTotpSecret);
  assert.equal(new Set(secrets).size, 100);
  for (const secret of secrets) assert.match(secret, /^[A-Z2-7]{32}$/);
});
