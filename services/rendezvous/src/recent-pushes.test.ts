import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WAITING_MS, asReplicaId } from '@waystation/state';
import { RecentPushes } from './recent-pushes.js';

const [first, second] = [asReplicaId('rendezvous-1'), asReplicaId('rendezvous-2')];

test('recent pushes: the first key that is known, for as long as a caller waits', () => {
  let nowMs = 0;
  const recent = new RecentPushes(() => nowMs);
  recent.remember('a', first);
  assert.deepEqual(recent.find(['x', 'a']), { caller: 'a', replica: first });
  recent.remember('a', second);
  assert.deepEqual(recent.find(['a']), { caller: 'a', replica: second });
  nowMs = WAITING_MS;
  assert.equal(recent.find(['a']), undefined);
});

test('recent pushes: the oldest is forgotten beyond the limit', () => {
  const recent = new RecentPushes(() => 0, 2);
  for (const caller of ['a', 'b', 'c']) recent.remember(caller, first);
  assert.equal(recent.find(['a']), undefined);
  assert.deepEqual(recent.find(['c']), { caller: 'c', replica: first });
});
