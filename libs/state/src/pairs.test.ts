import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keyTable } from './key-table.js';
import { keys } from './keys.js';
import { LinkKey } from './link-key.js';
import { Pairs } from './pairs.js';
import { newReplicaId } from './testing/new-replica-id.js';
import { ownRedis } from './testing/own-redis.js';

const { redis } = await ownRedis();

test('of a hundred legs that claim a uuid at once all learn the same owner', async () => {
  const relays = Array.from({ length: 100 }, () => newReplicaId('relay'));
  const owners = await Promise.all(relays.map((id) => new Pairs(redis, id).claim('u-1')));
  assert.equal(new Set(owners).size, 1);
  const [owner] = owners;
  const loser = relays.find((id) => id !== owner);
  assert.ok(owner && owner !== 'used' && loser);
  await new Pairs(redis, loser).release('u-1');
  assert.equal(await new Pairs(redis, loser).find('u-1'), owner);
  await new Pairs(redis, owner).release('u-1');
  assert.equal(await new Pairs(redis, loser).claim('u-1'), loser);
});

test('a used uuid admits no other session, and a dead owner can be replaced', async () => {
  const [first, second] = [newReplicaId('relay'), newReplicaId('relay')];
  const [a, b] = [new Pairs(redis, first), new Pairs(redis, second)];
  await a.claim('u-5');
  assert.equal(await b.claim('u-5'), first);
  assert.equal(await b.claim('u-5', { insteadOf: first }), second);
  assert.equal(await a.claim('u-5'), second);
  assert.equal(await b.use('u-5', 'session-1'), true);
  assert.equal(await b.find('u-5'), undefined);
  assert.equal(await b.use('u-5', 'session-1'), true);
  assert.equal(await a.use('u-5', 'session-2'), false);
  assert.equal(await a.claim('u-5'), 'used');
  assert.ok((await redis.pttl(keys.usedTicket('u-5'))) <= keyTable.usedTicket.ttlMs);
});

test('all relays agree on one secret, and put it back when Redis has lost it', async () => {
  const relays = Array.from({ length: 5 }, () => new LinkKey(redis));
  await Promise.all(relays.map((relay) => relay.agree()));
  const [secret] = relays.map(({ value }) => value.toString('hex'));
  assert.equal(secret?.length, 64);
  assert.deepEqual(new Set(relays.map(({ value }) => value.toString('hex'))).size, 1);
  await redis.del(keys.linkKey);
  await relays[3]?.agree();
  const late = new LinkKey(redis);
  await late.agree();
  assert.equal(late.value.toString('hex'), secret);
});
