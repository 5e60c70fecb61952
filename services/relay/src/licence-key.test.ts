import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Log } from '@waystation/ops';
import { LicenceKey } from './licence-key.js';

const SECRET =
  'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8DoQe/884Qvh1w3RjnS8CZZ+TWMJulDV8d3IZkElUxuA==';
const PUBLIC = 'A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg=';

async function keyOf(setting: string, published = 'unused') {
  const warnings: string[] = [];
  const quiet = (): void => undefined;
  const log: Log = { debug: quiet, info: quiet, error: quiet, warn: (text) => warnings.push(text) };
  const facts = { publicKey: Buffer.alloc(0), licenceKey: published, signs: true };
  const source = { read: () => Promise.resolve(facts), wait: () => Promise.resolve(facts) };
  const key = new LicenceKey(setting, source, log);
  assert.equal(key.accepts(published), false, 'nothing is accepted before the key is known');
  await key.start(1000);
  key.stop();
  return { accepts: (given: string) => key.accepts(given), warnings };
}

test('- and _ demand the published key, exactly', async () => {
  for (const setting of ['-', '_']) {
    const { accepts, warnings } = await keyOf(setting, PUBLIC);
    assert.equal(accepts(PUBLIC), true);
    for (const wrong of ['', ` ${PUBLIC}`, PUBLIC.toLowerCase(), '-', `${PUBLIC}x`]) {
      assert.equal(accepts(wrong), false, wrong);
    }
    assert.deepEqual(warnings, []);
  }
});

test('a secret key demands its public half, another text itself', async () => {
  assert.equal((await keyOf(SECRET)).accepts(PUBLIC), true);
  assert.equal((await keyOf(SECRET)).accepts(SECRET), false);
  assert.equal((await keyOf('open sesame')).accepts('open sesame'), true);
  assert.equal((await keyOf('open sesame')).accepts('open'), false);
});

test('an empty key demands none and warns once', async () => {
  const { accepts, warnings } = await keyOf('');
  assert.equal(accepts('anything'), true);
  assert.equal(accepts(''), true);
  assert.equal(warnings.length, 1);
});

test('a registry without a key means none is demanded, with the same warning', async () => {
  const { accepts, warnings } = await keyOf('-', '');
  assert.equal(accepts('anything'), true);
  assert.equal(warnings.length, 1);
});
