import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startRedis, until } from '@waystation/testkit';
import { ExpectedSessions } from './expected-sessions.js';
import { keys } from './keys.js';
import { RecordStream } from './record-stream.js';
import { closeRedis, openRedis, redisReady } from './redis.js';
import { SwitchGrants, switchVerifier } from './switch-grants.js';
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
  await redis.set(keys.token('x'), '{"user":""}');
  assert.equal(await new Tokens(redis).find('x'), undefined);
});

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

test('an expected session is told once', async () => {
  const sessions = new ExpectedSessions(redis);
  await sessions.expect('10.0.0.1', 'alice', 'attempt-1');
  assert.equal(await sessions.take('10.0.0.1', 'bob'), undefined);
  assert.equal(await sessions.take('10.0.0.1', 'alice'), 'attempt-1');
  assert.equal(await sessions.take('10.0.0.1', 'alice'), undefined);
});

async function records(): Promise<unknown[]> {
  const entries = await redis.xrange(keys.attempts, '-', '+');
  return entries.map(([, fields]) => JSON.parse(fields[1] ?? '') as unknown);
}

test('records arrive in order, in batches, and the stream stays short', async () => {
  const stream = new RecordStream(redis, keys.attempts, { keptRecords: 500, batch: 100 });
  for (let n = 0; n < 5000; n++) stream.add({ n });
  await stream.stop();
  assert.equal(stream.written, 5000);
  const kept = await records();
  assert.ok(kept.length >= 500 && kept.length < 1000, `${kept.length}`);
  assert.deepEqual(kept.at(-1), { n: 4999 });
});

test('while Redis is away records wait, the oldest are dropped, and all comes back after', async () => {
  const own = await startRedis();
  const client = openRedis(own.url, 'records');
  await redisReady(client);
  const stream = new RecordStream(client, keys.attempts, { bufferedRecords: 100, flushMs: 20 });
  try {
    await own.kill();
    await until(() => client.status !== 'ready');
    for (let n = 0; n < 250; n++) stream.add({ n });
    await stream.flush();
    assert.deepEqual([stream.backlog, stream.dropped], [100, 150]);
    await own.restart();
    // not the backlog: a batch on its way has left it
    await until(() => stream.written === 100, { what: 'the records to be written' });
    assert.equal(stream.backlog, 0);
    assert.equal(await client.xlen(keys.attempts), 100);
  } finally {
    await stream.stop();
    await closeRedis(client);
    await own.stop();
  }
});
