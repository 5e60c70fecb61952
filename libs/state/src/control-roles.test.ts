import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ControlRoles } from './control-roles.js';
import { keys } from './keys.js';
import { ownRedis } from './testing/own-redis.js';

const { redis } = await ownRedis();

test('roles are read as they were published, and what is published no more is gone', async () => {
  const roles = new ControlRoles(redis);
  const nothing = { revision: '', notLogged: 0n, default: 0n, users: new Map() };
  assert.deepEqual(await roles.read(), nothing);
  const users = new Map(Array.from({ length: 2500 }, (_, n) => [`guid-${n}`, BigInt(n)]));
  const all = { revision: '3', notLogged: 0x1555555n, default: 2n ** 64n - 1n, users };
  await roles.publish(all);
  assert.deepEqual(await roles.read(), all);
  await roles.publish({ ...nothing, revision: '4' });
  assert.equal(await roles.revision(), '4');
  assert.deepEqual(await roles.read(), { ...nothing, revision: '4' });
});

test('what is no number counts as nothing', async () => {
  await redis.hset(keys.controlRoles, { default: '-1', 'not-logged': 'x', anna: '66' });
  const { notLogged, default: otherwise, users } = await new ControlRoles(redis).read();
  assert.deepEqual([notLogged, otherwise, users.get('anna')], [0n, 0n, 66n]);
});
