import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { runCli } from '../testing/run-cli.js';

/** The key of the worked example of the client configuration, with its seed left out. */
const KEY = '5Qbwsde3unUcJBtrx9ZkvUmwFNoExHzpryHuPUdqlWM=';
const folder = mkdtempSync(join(tmpdir(), 'cli-config-'));

after(() => {
  rmSync(folder, { recursive: true, force: true });
});

test('every fault of every service is told at once, and nothing else is done', async () => {
  const env = { PORT: 'x', API_PORT: '0', LIMIT_NEW_IDS_PER_DAY: '-1', WAYSTATION_HOTS: 'a' };
  const { code, err } = await runCli(['config', 'check'], env, folder);
  assert.equal(code, 1);
  for (const name of [
    'PORT is "x"',
    'API_PORT',
    'LIMIT_NEW_IDS_PER_DAY',
    'did you mean WAYSTATION_HOST',
  ]) {
    assert.ok(err.includes(name), name);
  }
  const twice = await runCli(['config', 'check'], { API_PORT: '21118' }, folder);
  assert.match(twice.err, /TCP port 21118 is wanted by api and rendezvous/);
  assert.equal((await runCli(['config', 'check'], {}, folder)).code, 0);
});

test('settings are shown with their source, secrets without their value', async () => {
  writeFileSync(join(folder, '.env'), 'LOG_LEVEL=debug\nREDIS_URL=redis://:hidden@10.0.0.5:6379\n');
  const env = { METRICS_TOKEN: 'very-secret-token-1', API_PORT: '8080' };
  const { out } = await runCli(['config', 'print', '--changed'], env, folder);
  rmSync(join(folder, '.env'));
  assert.match(out, /^LOG_LEVEL +debug +\.env +registry, rendezvous, relay, api/m);
  assert.match(out, /^API_PORT +8080 +environment +api/m);
  assert.match(out, /^REDIS_URL +redis:\/\/:\*\*\*@10.0.0.5:6379 /m);
  assert.match(out, /^METRICS_TOKEN +\*\*\* /m);
  assert.doesNotMatch(out, /hidden|very-secret|^STOP_TIMEOUT/m);
});

test('[A105] the configuration string and the file name are those of the worked example', async () => {
  const flags = ['--host', 'hbbs.example.com', '--relay', 'hbbr.example.com:21117'];
  const api = ['--api', 'https://hbbs.example.com'];
  const { out } = await runCli(['config', 'string', ...flags, ...api], { KEY }, folder);
  const made =
    '0nI900VsFHZVBVdIlncwpHS4V0bOZ0dtVldrpVO4JHdCp0YV5WdzUGZzdnYRVjI6ISeltmIsISbvNmLlxGctFGel5yciJGav8iOzBHd0hmI6ISawFmIsIyNxETMyoTbvNmLlxGctFGel5iciJGaiojI5FGblJnIsISbvNmLlxGctFGel5yciJGaiojI0N3boJye';
  assert.ok(out.includes(`Config string:\n${made}\n`));
  assert.ok(out.includes(`rustdesk-licensed-${made}.exe`));
});

test('help lists every command, and what is not understood is told with exit code 2', async () => {
  const help = await runCli(['help'], {}, folder);
  assert.equal(help.code, 0);
  for (const name of [
    'doctor',
    'config check',
    'user add',
    'key show',
    'backup',
    'restore',
    'import',
  ]) {
    assert.ok(help.out.includes(`  ${name} `) || help.out.includes(`  ${name}\n`), name);
  }
  const unknown = await runCli(['user', 'delete'], {}, folder);
  assert.deepEqual(
    [unknown.code, unknown.err.split('\n')[0]],
    [2, 'There is no command "user delete".'],
  );
  assert.equal((await runCli(['restore', 'a', 'b'], {}, folder)).code, 2);
  assert.match((await runCli(['key', 'show'], {}, folder)).err, /no key in .* yet/);
});
