import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Vault, openVault } from './vault.js';

test('opens what it sealed, and nothing that was changed or sealed with another key', () => {
  const vault = new Vault('a key of some length');
  const sealed = vault.seal('Pässword 🚉');
  assert.equal(vault.open(sealed), 'Pässword 🚉');
  assert.notEqual(vault.seal('Pässword 🚉'), sealed, 'every time anew');
  assert.equal(new Vault('another key, as long').open(sealed), '');
  const bytes = Buffer.from(sealed, 'base64');
  for (let at = 0; at < bytes.length; at++) {
    const changed = Buffer.from(bytes);
    changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
    assert.equal(vault.open(changed.toString('base64')), '');
  }
  for (const odd of ['', 'x', 'AAAA', sealed.slice(0, 30)]) assert.equal(vault.open(odd), '');
  assert.equal(vault.seal(''), '');
});

test('makes a key file that only its owner reads, once', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'api-vault-'));
  try {
    const sealed = openVault({ dataKey: '', dataDir }).seal('x');
    assert.equal(openVault({ dataKey: '', dataDir }).open(sealed), 'x');
    assert.equal(statSync(join(dataDir, 'data-key')).mode & 0o777, 0o600);
    assert.equal(openVault({ dataKey: 'given by the operator', dataDir }).open(sealed), '');
  } finally {
    rmSync(dataDir, { recursive: true });
  }
});
