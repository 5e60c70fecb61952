import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until } from '@waystation/testkit';
import { SwitchGrants, switchVerifier } from './switch-grants.js';
import { ownRedis } from './testing/own-redis.js';

const { redis } = await ownRedis();

test('the verifiers of switch codes are those of the protocol', () => {
  const verifier = switchVerifier('yBLh7bZEF9YJDc+68WwhzY6GZcBDluHttHL+z7J5fGo=');
  assert.equal(verifier, 'kNCg3BAo4AY4+zOiycY7/DSF1NKrbtcJ3qB8RAkV7sA=');
  assert.equal(switchVerifier('code-abc'), 'dMIn3uiPe77XodFB5IKi7PrKJ7l7+zVquNn0ObSaHQc=');
});

test('of many takers of a switch grant one wins, and only for that device', async () => {
  const grants = new SwitchGrants(redis);
  await grants.add('device', 'verifier');
  assert.equal(await grants.take('other', 'verifier', 'a'), false);
  const sources = Array.from({ length: 20 }, (_, i) => `source-${i}`);
  const taken = await Promise.all(sources.map((s) => grants.take('device', 'verifier', s)));
  assert.equal(taken.filter(Boolean).length, 1);
  const winner = sources[taken.indexOf(true)] ?? '';
  assert.equal(await grants.take('device', 'verifier', winner), true);
});

test('a switch grant that nobody takes ends', async () => {
  const grants = new SwitchGrants(redis);
  await grants.add('device', 'verifier', 20);
  const ended = async (): Promise<boolean> =>
    (await redis.exists(...(await redis.keys('*')), 'x')) === 0;
  await until(ended, { what: 'the grant to end' });
  assert.equal(await grants.take('device', 'verifier', 'a'), false);
});
