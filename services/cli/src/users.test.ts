import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { freePort, startStack, type Stack } from '@waystation/testkit';
import { runCli, type Outcome } from './testing/run-cli.js';

let stack: Stack;
let folder: string;
let server: string;
let env: Record<string, string>;
const endings = new AsyncDisposableStack();

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'cli-users-'));
  endings.defer(() => rmSync(folder, { recursive: true, force: true }));
  const port = await freePort();
  server = `http://127.0.0.1:${port}`;
  env = { API_PORT: String(port), WAYSTATION_DATA_DIR: join(folder, 'data') };
  stack = await startStack({ rendezvous: 0, relay: 0, serviceEnv: { api: env } });
  endings.defer(() => stack.stop());
  await stack.add('api');
  await runCli(
    ['user', 'add', 'root', '--admin', '--password-stdin'],
    env,
    folder,
    'root password',
  );
  writeFileSync(join(folder, 'token'), `${await login('root', 'root password')}\n`);
});

after(() => endings.disposeAsync());

/** The token, or undefined. */
async function login(username: string, password: string): Promise<string | undefined> {
  const body = { username, password, id: '', uuid: '', type: 'account', autoLogin: true };
  const headers = { 'content-type': 'application/json' };
  const request = { method: 'POST', headers, body: JSON.stringify(body) };
  const answer = await (await fetch(`${server}/api/login`, request)).json();
  return (answer as { access_token?: string }).access_token;
}

/** Without settings: only the server can answer. */
function remote(words: string, input = ''): Promise<Outcome> {
  const args = [...words.split(' '), '--server', server, '--token-file', 'token'];
  return runCli(args, { WAYSTATION_DATA_DIR: join(folder, 'nowhere') }, folder, input);
}

/** With the settings of the services, on their machine. */
function here(words: string, input = ''): Promise<Outcome> {
  return runCli(words.split(' '), env, folder, input);
}

test('a user who is added on the command line can log in, and no more after a new password or a ban', async () => {
  const added = await here('user add operator --admin --password-stdin', 'pass word 1\n');
  assert.deepEqual([added.code, added.err], [0, '']);
  assert.ok(await login('operator', 'pass word 1'));
  const passwd = await here('user passwd operator');
  const made = /^Password: (\S+)$/m.exec(passwd.out)?.[1] ?? '';
  assert.ok(await login('operator', made));
  assert.equal(await login('operator', 'pass word 1'), undefined);
  await here('user disable operator');
  assert.equal(await login('operator', made), undefined);
  await here('user enable operator');
  assert.match((await here('user list')).out, /operator +administrator +enabled/);
  const refused = await here('user add operator');
  assert.deepEqual([refused.code, refused.err], [1, 'There is a user of this name\n']);
});

test('users are looked after through a server, from anywhere', async () => {
  const added = await remote('user add carol --email c@example.org --password-stdin', 'first one');
  assert.deepEqual([added.code, added.err], [0, '']);
  assert.ok(await login('carol', 'first one'));
  assert.match((await remote('user list')).out, /carol +user +enabled +c@example.org/);
  const made = /^Password: (\S+)$/m.exec((await remote('user passwd Carol')).out)?.[1];
  assert.ok(await login('carol', made ?? ''));
  assert.equal(await login('carol', 'first one'), undefined);
  assert.equal((await remote('user disable carol')).out, 'carol is disabled.\n');
  assert.equal(await login('carol', made ?? ''), undefined);
  assert.equal((await remote('user enable carol')).code, 0);
  assert.ok(await login('carol', made ?? ''));
});

test('what a server refuses, and a server that is not there, is told in words', async () => {
  const cases: [RegExp, string, number][] = [
    [/refuses: There is a user of this name/, 'user add carol', 1],
    [/no user "nobody"/, 'user passwd nobody', 1],
    [/The name of the user is missing. Usage: waystation user add NAME/, 'user add', 2],
  ];
  for (const [words, line, exit] of cases) {
    const { code, err } = await remote(line);
    assert.match(err, words);
    assert.equal(code, exit);
  }
  const gone = ['--server', 'http://127.0.0.1:1', '--token', 'x'];
  assert.match((await runCli(['user', 'list', ...gone], {}, folder)).err, /cannot be reached/);
  const wrong = await runCli(['user', 'list', '--server', server, '--token', 'x'], {}, folder);
  assert.match(wrong.err, /refuses/);
  assert.match((await runCli(['user', 'list', '--server', server], {}, folder)).err, /--token/);
});
