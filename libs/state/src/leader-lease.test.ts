import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LeaderLease } from './leader-lease.js';
import { newReplicaId } from './testing/new-replica-id.js';
import { ownRedis } from './testing/own-redis.js';

const { redis } = await ownRedis();

test('one registry holds the leader lease until it lets go', async () => {
  const [first, second] = [newReplicaId('registry'), newReplicaId('registry')].map(
    (id) => new LeaderLease(redis, id),
  );
  assert.ok(first && second);
  const both = await Promise.all([first.hold(), second.hold()]);
  assert.deepEqual(both, [true, false]);
  assert.equal(await first.hold(), true);
  await second.release();
  assert.equal(await second.hold(), false);
  await first.release();
  assert.equal(await second.hold(), true);
});
