import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RELAY_GRANT_MS } from '@waystation/state';
import { RelayGrants } from './relay-grants.js';

test('a grant ends after its time, also here where nothing has swept it away', async () => {
  let nowMs = 0;
  const nothing = (): Promise<undefined> => Promise.resolve(undefined);
  const store = { open: nothing, name: nothing, find: nothing };
  const grants = new RelayGrants(
    store,
    () => nowMs,
    () => assert.fail(),
  );
  grants.accepted('198.51.100.1', '123456789');
  nowMs = RELAY_GRANT_MS - 1;
  assert.deepEqual((await grants.find('198.51.100.1', '123456789'))?.relay, '');
  nowMs = RELAY_GRANT_MS;
  assert.equal(await grants.find('198.51.100.1', '123456789'), undefined);
});
