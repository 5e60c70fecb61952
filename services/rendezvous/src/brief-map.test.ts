import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BriefMap } from './brief-map.js';

test('a brief map holds what was set last, until it is deleted', () => {
  const map = new BriefMap<string, number>();
  map.set('a', 1);
  map.set('b', 2);
  map.set('a', 3);
  assert.equal(map.size, 2);
  assert.equal(map.get('a'), 3);
  assert.deepEqual(map.values(), [3, 2]);
  map.delete('a');
  map.delete('a');
  assert.equal(map.get('a'), undefined);
  assert.deepEqual(map.values(), [2]);
  assert.equal(map.size, 1);
});

test('what is deleted while the values are gone through disturbs nobody', () => {
  const map = new BriefMap<number, string>();
  for (let n = 0; n < 100; n++) map.set(n, String(n));
  let seen = 0;
  for (const value of map.values()) {
    map.delete(Number(value));
    seen += 1;
  }
  assert.equal(seen, 100);
  assert.equal(map.size, 0);
});
