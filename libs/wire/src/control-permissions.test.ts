import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deniesSomething, permissionBits, type PermissionName } from './control-permissions.js';
import { Permission } from './enums.js';
import { decodeMessage, encodeMessage } from './rendezvous.js';

function all(rule: 'allow' | 'deny'): bigint {
  const names = Object.keys(Permission) as PermissionName[];
  return permissionBits(Object.fromEntries(names.map((name) => [name, rule])));
}

test('two bits for each permission, in the order of the wire', () => {
  assert.equal(permissionBits({}), 0n);
  assert.equal(permissionBits({ keyboard: 'allow', file: 'deny' }), 66n);
  assert.equal(permissionBits({ keyboard: 'allow', file: 'deny', terminal: 'deny' }), 4162n);
  assert.equal(permissionBits({ privacyMode: 'deny' }), 1n << 24n);
  assert.equal(all('deny'), 0x1555555n);
  assert.equal(all('allow'), 0x2aaaaaan);
});

test('the bitmap travels as a varint; without one the field is absent', () => {
  const permissions = permissionBits({ keyboard: 'allow', file: 'deny', terminal: 'deny' });
  const bytes = encodeMessage('punchHole', { controlPermissions: { permissions } });
  assert.ok(bytes.toString('hex').endsWith('420308c220'));
  const none = decodeMessage(encodeMessage('punchHole', { controlPermissions: undefined }));
  assert.ok(none.name === 'punchHole' && none.value.controlPermissions === undefined);
});

test('a bitmap denies something when a pair is 1; 3 leaves it to the device as 0 does', () => {
  for (const bits of [0n, 2n, 3n, 0xffff_ffff_ffff_ffffn, all('allow')]) {
    assert.equal(deniesSomething(bits), false, String(bits));
  }
  for (const bits of [1n, 4162n, all('deny'), 0b0111n, 1n << 62n]) {
    assert.equal(deniesSomething(bits), true, String(bits));
  }
});
