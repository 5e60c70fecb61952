import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AccessRules, mayConnect, type UserAccess } from './access-rules.js';
import { ownRedis } from './testing/own-redis.js';

const ANNA: UserAccess = { all: false, userGroups: ['staff'], deviceGroups: ['kiosks'] };
const ADMIN: UserAccess = { all: true, userGroups: [], deviceGroups: [] };
const OWN = { owner: 'anna', ownerGroup: '', isOut: false, group: '' };

const { redis } = await ownRedis();

test('[A99] the decision: owner, own group, granted groups, administrators, nobody else', () => {
  const decide = (user: UserAccess | undefined, device: Partial<typeof OWN> | undefined) =>
    mayConnect(user === undefined ? '' : user === ADMIN ? 'admin' : 'anna', {
      unassigned: false,
      user,
      device: device && { ...OWN, owner: '', ...device },
    });
  assert.equal(decide(ANNA, { owner: 'anna' }), true);
  assert.equal(decide(ANNA, { owner: 'bert', ownerGroup: 'staff' }), true);
  assert.equal(decide(ANNA, { owner: 'bert', ownerGroup: 'board' }), false);
  assert.equal(decide(ANNA, { group: 'kiosks' }), true);
  assert.equal(decide(ANNA, { group: 'servers' }), false);
  assert.equal(decide(ADMIN, { group: 'servers' }), true);
  assert.equal(decide(ADMIN, { owner: 'bert', isOut: true }), false);
  assert.equal(decide(undefined, { owner: 'anna' }), false);
  assert.equal(decide(undefined, { group: 'kiosks' }), false);
  assert.equal(decide(ANNA, undefined), false);
  for (const user of [ANNA, undefined]) {
    assert.equal(mayConnect('anna', { unassigned: true, user, device: undefined }), true);
  }
});

test('what is published is found, and what is published no more is not', async () => {
  const rules = new AccessRules(redis);
  await assert.rejects(rules.find('anna', '1'), /has not published/);
  const users = new Map([['anna', ANNA]]);
  const devices = new Map(Array.from({ length: 2500 }, (_, n) => [String(n), OWN] as const));
  await rules.publish({ revision: '7', unassigned: false, users, devices });
  assert.equal(await rules.revision(), '7');
  const found = { unassigned: false, device: OWN, user: ANNA };
  assert.deepEqual(await rules.find('anna', '2499'), found);
  for (const lost of ['access-devices', 'access-users', 'access-policy']) {
    await redis.del(lost);
    await assert.rejects(rules.find('anna', '2499'), /has not published/, lost);
    assert.equal(await rules.revision(), '', lost);
    await rules.publish({ revision: '7', unassigned: false, users, devices });
  }
  await rules.publish({ revision: '8', unassigned: true, users: new Map(), devices: new Map() });
  const nothing = { unassigned: true, device: undefined, user: undefined };
  assert.deepEqual(await rules.find('anna', '2499'), nothing);
});
