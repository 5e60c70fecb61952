import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { encodeMessage } from '@waystation/wire';
import { readJoin } from './join.js';

const key = { accepts: (given: string): boolean => given === 'k' };

test('a join tells its uuid, and a caller the id it wants', () => {
  const payload = encodeMessage('requestRelay', { uuid: 'u-1', id: '123456789', licenceKey: 'k' });
  assert.deepEqual(readJoin(payload, key), { uuid: 'u-1', id: '123456789' });
});

test('a wrong key comes before everything else that may be wrong', () => {
  assert.equal(readJoin(encodeMessage('requestRelay', { uuid: 'u' }), key), 'bad-key');
  assert.equal(readJoin(encodeMessage('requestRelay', { licenceKey: 'K' }), key), 'bad-key');
});

test('an empty or endless uuid, another message and garbage are no join', () => {
  for (const payload of [
    encodeMessage('requestRelay', { licenceKey: 'k' }),
    encodeMessage('requestRelay', { licenceKey: 'k', uuid: 'x'.repeat(129) }),
    encodeMessage('registerPeer', { id: '123456789' }),
    Buffer.from('not a message'),
    Buffer.alloc(0),
  ]) {
    assert.equal(readJoin(payload, key), 'not-a-join');
  }
});

test('random bytes never throw', () => {
  for (let i = 0; i < 10_000; i += 1) {
    const answer = readJoin(randomBytes(1 + (i % 200)), key);
    assert.ok(answer === 'not-a-join' || answer === 'bad-key');
  }
});
