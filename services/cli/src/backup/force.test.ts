import assert from 'node:assert/strict';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { CliPlace } from '../testing/cli-place.js';

let place: CliPlace;
before(async () => (place = await CliPlace.open()));
after(() => place[Symbol.asyncDispose]());

test('a restore by force leaves exactly what the backup has, also through stdin', async () => {
  for (const id of ['200000000', '200000001', '200000002']) await place.addDevice(id);
  await place.run(['user', 'add', 'early']);
  const file = join(place.folder, 'saved.tar.gz');
  const saved = await place.run(['backup', file]);
  assert.equal(saved.code, 0, saved.err);
  const before = await place.ids();
  const key = (await place.run(['key', 'show'])).out;
  await place.redis.del('identity:{200000000}');
  await place.addDevice('999999999');
  await place.run(['user', 'add', 'late']);
  rmSync(join(place.keys, 'id_ed25519'));
  const restored = await place.run(['restore', '-', '--force'], readFileSync(file));
  assert.equal(restored.code, 0, restored.err);
  assert.deepEqual(await place.ids(), before);
  assert.equal((await place.run(['key', 'show'])).out, key);
  const users = (await place.run(['user', 'list'])).out;
  assert.match(users, /early/);
  assert.doesNotMatch(users, /late/);
});
