import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { newSigningKeys } from '@waystation/testkit';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'bare-command-'));

after(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** What `npm run -s waystation -- …` runs, on a data folder of its own. */
function waystation(data: string, ...words: string[]) {
  const env = { ...process.env, REDIS_URL: '' };
  const args = [
    join(root, 'deploy', 'bare', 'waystation.mjs'),
    '--data',
    join(folder, data),
    ...words,
  ];
  return spawnSync(process.execPath, args, { cwd: root, env, encoding: 'utf8' });
}

test('a server without Docker is backed up and restored with a Redis that runs only for that', () => {
  const file = join(folder, 'saved.tar.gz');
  assert.equal(waystation('old', 'user', 'add', 'alice', '--admin').status, 0);
  const key = newSigningKeys();
  writeFileSync(join(folder, 'old', 'id_ed25519'), key.secretKey.toString('base64'), {
    mode: 0o600,
  });
  const saved = waystation('old', 'backup', file);
  assert.equal(saved.status, 0, saved.stderr);
  const restored = waystation('new', 'restore', file);
  assert.equal(restored.status, 0, restored.stderr);
  assert.match(restored.stdout, /^Restored key .* 1 users/, 'nothing else on stdout');
  assert.match(waystation('new', 'user', 'list').stdout, /alice +administrator/);
  assert.equal(waystation('new', 'key', 'show').stdout.trim(), key.publicKey.toString('base64'));
  assert.throws(() =>
    process.kill(Number(readFileSync(join(folder, 'new', 'redis', 'redis.pid'))), 0),
  );
  assert.equal(waystation('new', 'nonsense').status, 2);
});
