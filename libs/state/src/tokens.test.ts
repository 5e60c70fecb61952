import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until } from '@waystation/testkit';
import { keys } from './keys.js';
import { hashToken, Tokens } from './tokens.js';
import { ownRedis } from './testing/own-redis.js';

const { redis } = await ownRedis();

test('a token is found by its hash until it ends or is revoked, and is never stored itself', async () => {
  const tokens = new Tokens(redis);
  const owner = { user: 'guid-1', name: 'alice' };
  const [kept, ended] = [hashToken('wsu_kept'), hashToken('wsu_ended')];
  await tokens.publish(kept, owner, Date.now() + 60_000);
  await tokens.publish(ended, owner, Date.now() + 30);
  assert.deepEqual(await tokens.find(kept), owner);
  await until(async () => (await tokens.find(ended)) === undefined, { what: 'the token to end' });
  assert.deepEqual(await redis.keys('*'), [`token:${kept}`]);
  await tokens.revoke([kept]);
  assert.equal(await tokens.find(kept), undefined);
});

test('a token entry that nobody can read counts as no token', async () => {
  for (const text of ['{"user":""}', 'anna', 'null']) {
    await redis.set(keys.token('x'), text);
    assert.equal(await new Tokens(redis).find('x'), undefined, text);
  }
});
