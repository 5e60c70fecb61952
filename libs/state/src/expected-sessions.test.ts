import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ExpectedSessions } from './expected-sessions.js';
import { ownRedis } from './testing/own-redis.js';

const { redis } = await ownRedis();

test('an expected session is told once', async () => {
  const sessions = new ExpectedSessions(redis);
  await sessions.expect('10.0.0.1', 'alice', 'attempt-1');
  assert.equal(await sessions.take('10.0.0.1', 'bob'), undefined);
  assert.equal(await sessions.take('10.0.0.1', 'alice'), 'attempt-1');
  assert.equal(await sessions.take('10.0.0.1', 'alice'), undefined);
});
