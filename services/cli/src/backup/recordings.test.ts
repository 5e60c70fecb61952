import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import {
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { CliPlace } from '../testing/cli-place.js';

let place: CliPlace;
before(async () => (place = await CliPlace.open()));
after(() => place[Symbol.asyncDispose]());

test('recordings are in a backup where that is asked for, and the command says so either way', async () => {
  const { data, folder } = place;
  const one = join(
    data,
    'recordings',
    '203.0.113.7',
    'incoming_1_20260101000000000_display0_vp9.webm',
  );
  const growing = join(data, 'recordings', '2001_db8__1', 'incoming_2.mp4');
  const content = randomBytes(3 * 2 ** 20);
  for (const path of [one, growing]) {
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, content);
  }
  const hourAgo = new Date(Date.now() - 3_600_000);
  utimesSync(one, hourAgo, hourAgo);
  const plain = await place.run(['backup', join(folder, 'plain.tar.gz')]);
  assert.match(plain.err, /no recordings to /);
  assert.match(plain.err, /2 recordings \(6\.0 MiB\) are not in it: --with-recordings/);
  const file = join(folder, 'recorded.tar.gz');
  const made = await place.run(['backup', file, '--with-recordings']);
  assert.equal(made.code, 0, made.err);
  assert.match(
    made.err,
    /1 recordings \(3\.0 MiB\) to [^]*\n.*1 recordings are not in it: they were still/,
  );
  assert.match(
    (await place.run(['restore', file, '--verify'])).out,
    /whole: .*1 recordings \(3\.0 MiB\)/,
  );
  const refused = await place.run(['restore', file]);
  assert.match(refused.err, /There is a recording .*--force|--force/);
  writeFileSync(one, 'something else');
  rmSync(growing);
  const kept = join(data, 'recordings', '203.0.113.7', 'later.webm');
  writeFileSync(kept, 'later');
  const restored = await place.run(['restore', file, '--force']);
  assert.equal(restored.code, 0, restored.err);
  assert.match(restored.out, /Restored .*1 recordings/);
  assert.ok(readFileSync(one).equals(content));
  assert.equal(statSync(one).mode & 0o777, 0o600);
  assert.equal(readFileSync(kept, 'utf8'), 'later', 'what the backup does not have stays');
  assert.ok(
    !readdirSync(data).some((name) => name.startsWith('waystation-')),
    'nothing is left over',
  );
  const cut = await place.run(['restore', '-', '--force'], readFileSync(file).subarray(0, 2 ** 20));
  assert.match(cut.err, /damaged or cut off/);
  assert.ok(readFileSync(one).equals(content));
});
