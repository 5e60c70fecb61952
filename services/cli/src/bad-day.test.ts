import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { startRedis, type RedisServer } from '@waystation/testkit';
import { MAIN, runCli } from './testing/run-cli.js';
import { silentRedis } from './testing/silent-redis.js';

let folder: string;
let redis: RedisServer;
let env: Record<string, string>;
const endings = new AsyncDisposableStack();

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'cli-bad-day-'));
  endings.defer(() => rmSync(folder, { recursive: true, force: true }));
  redis = await startRedis();
  endings.defer(() => redis.stop());
  mkdirSync(join(folder, 'tmp'));
  env = {
    REDIS_URL: redis.url,
    KEY_DIR: join(folder, 'keys'),
    WAYSTATION_DATA_DIR: join(folder, 'data'),
    TMPDIR: join(folder, 'tmp'),
    PATH: process.env['PATH'] ?? '',
  };
});

after(() => endings.disposeAsync());

const cli = (args: readonly string[], more = {}) => runCli(args, { ...env, ...more }, folder);

/** Through a shell, for what it does with output; the answer ends with the command's exit code. */
async function inShell(line: string): Promise<string> {
  const args = ['--norc', '-c', line, process.execPath, MAIN];
  const shell = spawn('bash', args, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const [out, err] = await Promise.all([text(shell.stdout), text(shell.stderr)]);
  return `${out}${err}`;
}

test('a reader that closes early ends the command quietly, and an answer that is lost is told', async () => {
  const early = await inShell('"$0" "$1" config print | true; echo ${PIPESTATUS[0]}');
  assert.equal(early, '0\n');
  const full = await inShell('"$0" "$1" config print > /dev/full; echo $?');
  assert.match(full, /^1\nThe answer cannot be written \(ENOSPC.*\)\.\n$/);
  const cut = await inShell('"$0" "$1" backup - | true; echo ${PIPESTATUS[0]}');
  assert.match(cut, /^1\nstdout cannot be written \(write EPIPE\)\.\n$/);
  const long = await inShell('ulimit -f 0; "$0" "$1" backup long.tar.gz; echo $?');
  assert.match(long, /^1\n.* \(EFBIG.*\)\.\n$/);
  assert.ok(!existsSync(join(folder, 'long.tar.gz.part')));
  assert.deepEqual(readdirSync(join(folder, 'tmp')), []);
});

test('a backup does not touch the draft of another one', async () => {
  writeFileSync(join(folder, 'twice.part'), 'of the other one');
  const { code, err } = await cli(['backup', 'twice']);
  assert.deepEqual([code, err.includes('twice.part cannot be written (EEXIST')], [1, true]);
  assert.ok(existsSync(join(folder, 'twice.part')));
});

test('a wrong password, a Redis that is away and one that is none are told as they are', async () => {
  const { host } = new URL(redis.url);
  for (const [url, words] of [
    [`redis://:wrong-one@${host}`, /^REDIS_URL: no Redis at .*(WRONGPASS|without any password)/],
    ['redis://127.0.0.1:1', /^REDIS_URL: no Redis at 127.0.0.1:1 \(connect ECONNREFUSED.*start/],
  ] as const) {
    const { code, err } = await cli(['backup', 'none.tar.gz'], { REDIS_URL: url });
    assert.equal(code, 1);
    assert.match(err, words);
    assert.doesNotMatch(err, /wrong-one/);
  }
});

test('what Redis leaves without an answer ends in words', async () => {
  const askUpTo = async (word: string): Promise<void> => {
    await using gate = await silentRedis(redis.port, word);
    const silent = { REDIS_URL: `redis://127.0.0.1:${gate.port}` };
    const { code, err } = await cli(['backup', `${word}.tar.gz`], silent);
    assert.match(err, /^Redis does not answer any more .*repeat this\.\n$/, word);
    assert.equal(code, 1, word);
  };
  await Promise.all(['scan', 'subscribe'].map(askUpTo));
  assert.deepEqual(readdirSync(join(folder, 'tmp')), []);
});

test('a signal in the middle leaves nothing behind and is told', async () => {
  for (const [signal, exit] of [
    ['SIGTERM', 143],
    ['SIGINT', 130],
    ['SIGHUP', 129],
  ] as const) {
    await using gate = await silentRedis(redis.port, 'scan');
    const silent = { ...env, REDIS_URL: `redis://127.0.0.1:${gate.port}` };
    const child = spawn(process.execPath, [MAIN, 'backup', 'x.tar.gz'], {
      cwd: folder,
      env: silent,
    });
    const [words, ended] = [text(child.stderr), once(child, 'close')];
    await gate.silent;
    assert.equal(readdirSync(join(folder, 'tmp')).length, 1, 'it is in the middle');
    child.kill(signal);
    assert.deepEqual(await ended, [exit, null]);
    assert.match(await words, new RegExp(`^Broken off \\(${signal}\\): .*repeat`));
    assert.deepEqual(readdirSync(join(folder, 'tmp')), []);
  }
});

test('a command that waits for what never comes is a fault that is told', async () => {
  const end = new URL('process-end.js', import.meta.url).href;
  for (const [command, words] of [
    ['new Promise(() => undefined)', /waits for something that never comes/],
    ['Promise.reject(new Error("unseen"))', /Error: unseen\n/],
  ] as const) {
    const program = `import { runToEnd } from '${end}'; runToEnd(() => ${command});`;
    const args = ['--input-type=module', '-e', program];
    const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    const [told, ended] = await Promise.all([text(child.stderr), once(child, 'close')]);
    assert.match(told, /^This is a fault in waystation: /);
    assert.match(told, words);
    assert.deepEqual(ended, [1, null]);
  }
});
