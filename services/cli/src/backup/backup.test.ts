import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { after, before, test } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import { RegistryClient } from '@waystation/bus';
import {
  closeRedis,
  Identities,
  openRedis,
  redisReady,
  RelaySettings,
  type Redis,
} from '@waystation/state';
import { Caller, Device, freePort, startStack, until, type Stack } from '@waystation/testkit';
import { Header } from 'tar';
import { Failure } from '../failure.js';
import { runCli, type Outcome } from '../testing/run-cli.js';
import { readBackup } from './content.js';
import { inWorkFolder } from './work-folder.js';

let stack: Stack;
let folder: string;
let redis: Redis;
let apiPort: number;
let env: Record<string, string>;
const endings = new AsyncDisposableStack();

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'cli-backup-'));
  endings.defer(() => rmSync(folder, { recursive: true, force: true }));
  apiPort = await freePort();
  const data = join(folder, 'data');
  const api = { API_PORT: String(apiPort), WAYSTATION_DATA_DIR: data };
  stack = await startStack({ serviceEnv: { api } });
  endings.defer(() => stack.stop());
  await stack.add('api');
  redis = openRedis(stack.redis.url, 'test');
  endings.defer(() => closeRedis(redis));
  await redisReady(redis);
  env = {
    REDIS_URL: stack.redis.url,
    KEY_DIR: join(stack.directory, 'keys'),
    WAYSTATION_DATA_DIR: data,
  };
});

after(() => endings.disposeAsync());

function cli(args: readonly string[], input?: Buffer | string): Promise<Outcome> {
  return runCli(args, env, folder, input);
}

async function login(username: string, password: string): Promise<number> {
  const body = { username, password, id: '', uuid: '', type: 'account', autoLogin: true };
  const response = await fetch(`http://127.0.0.1:${apiPort}/api/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const answer = (await response.json()) as { access_token?: string };
  return answer.access_token === undefined ? 0 : response.status;
}

async function idsHere(): Promise<Set<string>> {
  const ids = new Set<string>();
  for await (const batch of new Identities(redis).all()) for (const { id } of batch) ids.add(id);
  return ids;
}

async function restartServices(): Promise<void> {
  const [relay, rendezvous] = [stack.relays[0]?.port, stack.rendezvous[0]?.port];
  await stack.add('registry');
  const others = [stack.add('relay', relay), stack.add('rendezvous', rendezvous), stack.add('api')];
  await Promise.all(others);
}

async function stopServices(): Promise<void> {
  await Promise.all(stack.replicas.map((replica) => replica.stop()));
  await until(async () => (await redis.keys('replica:*')).length === 0, { what: 'no leases' });
}

test('a user who is added on the command line can log in, and no more after a new password or a ban', async () => {
  const added = await cli(
    ['user', 'add', 'operator', '--admin', '--password-stdin'],
    'pass word 1\n',
  );
  assert.deepEqual([added.code, added.err], [0, '']);
  assert.equal(await login('operator', 'pass word 1'), 200);
  const passwd = await cli(['user', 'passwd', 'operator']);
  const made = /^Password: (\S+)$/m.exec(passwd.out)?.[1] ?? '';
  assert.equal(await login('operator', made), 200);
  assert.equal(await login('operator', 'pass word 1'), 0);
  await cli(['user', 'disable', 'operator']);
  assert.equal(await login('operator', made), 0);
  await cli(['user', 'enable', 'operator']);
  assert.match((await cli(['user', 'list'])).out, /operator +administrator +enabled/);
  const refused = await cli(['user', 'add', 'operator']);
  assert.deepEqual([refused.code, refused.err], [1, 'There is a user of this name\n']);
});

test('a backup during registrations and log-ins is whole, and an empty server becomes the same one', async (t) => {
  await new RelaySettings(redis).list('blocklist', ['203.0.113.0/24'], {
    note: 'x',
    operator: 'o',
  });
  const server = stack.server();
  const device = new Device({ server, key: stack.key, from: '127.0.8.1' });
  t.after(() => device.stop());
  await device.start();
  const registry = new RegistryClient(stack.redis.url);
  t.after(() => registry.stop());
  let writing = true;
  t.after(() => (writing = false));
  let written = 0;
  const writers = Array.from({ length: 8 }, async (_, writer) => {
    while (writing) {
      const id = String(200_000_000 + writer * 1_000_000 + written++);
      const claim = { id, uuid: randomBytes(16), pk: randomBytes(32) };
      await registry.claim({ ...claim, ip: `198.51.100.${writer}`, noRegisterDevice: false });
    }
  });
  await until(() => written > 500);
  const before = await idsHere();
  const file = join(folder, 'backup.tar.gz');
  const made = await cli(['backup', file]);
  const duringBackup = written;
  writing = false;
  await Promise.all(writers);
  assert.equal(made.code, 0, made.err);
  assert.ok(duringBackup > 500, 'registrations went on');
  assert.equal(statSync(file).mode & 0o777, 0o600);
  const count = Number(/(\d+) devices/.exec(made.err)?.[1]);
  assert.ok(count >= before.size);
  assert.match(
    (await cli(['restore', file, '--verify'])).out,
    new RegExp(`whole: key .*, ${count} devices`),
  );

  const live = await cli(['restore', file, '--force']);
  assert.match(live.err, /Services are running \(.*registry/);
  await stopServices();
  const full = await cli(['restore', file]);
  assert.match(full.err, /--force/);
  await redis.flushall();
  rmSync(env['KEY_DIR'] ?? '', { recursive: true });
  rmSync(env['WAYSTATION_DATA_DIR'] ?? '', { recursive: true });
  const restored = await cli(['restore', file]);
  assert.equal(restored.code, 0, restored.err);
  const now = await idsHere();
  assert.equal(now.size, count);
  for (const id of before) assert.ok(now.has(id), id);
  assert.equal((await cli(['key', 'show'])).out.trim(), stack.key);
  assert.match((await cli(['user', 'list'])).out, /operator/);

  await restartServices();
  assert.equal((await new RelaySettings(redis).read()).blocklist.length, 1);
  const caller = new Caller({ server, key: stack.key, from: '127.0.8.2' });
  t.after(() => caller.stop());
  await until(async () => (await redis.exists(`presence:{${device.id}}`)) === 1, {
    what: 'the device to be online again',
    timeoutMs: 40_000,
  });
  const arrival = device.session();
  arrival.catch(() => undefined);
  assert.ok(await caller.connect(device.id));
  await arrival;
  assert.equal(await login('operator', 'wrong password'), 0);
});

test('a restore by force leaves exactly what the backup has, also through stdin', async () => {
  await stopServices();
  const saved = await cli(['backup', join(folder, 'second.tar.gz')]);
  assert.equal(saved.code, 0, saved.err);
  const before = await idsHere();
  const key = (await cli(['key', 'show'])).out;
  await redis.del(`identity:{${[...before][0]}}`);
  const pk = randomBytes(32).toString('base64');
  await redis.hset('identity:{999999999}', { guid: 'f'.repeat(32), uuid: 'AAAA', pk });
  await cli(['user', 'add', 'late']);
  rmSync(join(env['KEY_DIR'] ?? '', 'id_ed25519'));
  const restored = await cli(
    ['restore', '-', '--force'],
    readFileSync(join(folder, 'second.tar.gz')),
  );
  assert.equal(restored.code, 0, restored.err);
  assert.deepEqual(await idsHere(), before);
  assert.equal((await cli(['key', 'show'])).out, key);
  assert.doesNotMatch((await cli(['user', 'list'])).out, /late/);
});

test('recordings are in a backup where that is asked for, and the command says so either way', async (t) => {
  await stopServices();
  const data = env['WAYSTATION_DATA_DIR'] ?? '';
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
  t.after(() => rmSync(join(data, 'recordings'), { recursive: true, force: true }));
  const plain = await cli(['backup', join(folder, 'plain.tar.gz')]);
  assert.match(plain.err, /no recordings to /);
  assert.match(plain.err, /2 recordings \(6\.0 MiB\) are not in it: --with-recordings/);
  const file = join(folder, 'recorded.tar.gz');
  const made = await cli(['backup', file, '--with-recordings']);
  assert.equal(made.code, 0, made.err);
  assert.match(
    made.err,
    /1 recordings \(3\.0 MiB\) to .*\n.*1 recordings are not in it: they were still/,
  );
  assert.match(
    (await cli(['restore', file, '--verify'])).out,
    /whole: .*1 recordings \(3\.0 MiB\)/,
  );
  const refused = await cli(['restore', file]);
  assert.match(refused.err, /There is a recording .*--force|--force/);
  writeFileSync(one, 'something else');
  rmSync(growing);
  const kept = join(data, 'recordings', '203.0.113.7', 'later.webm');
  writeFileSync(kept, 'later');
  const restored = await cli(['restore', file, '--force']);
  assert.equal(restored.code, 0, restored.err);
  assert.match(restored.out, /Restored .*1 recordings/);
  assert.ok(readFileSync(one).equals(content));
  assert.equal(statSync(one).mode & 0o777, 0o600);
  assert.equal(readFileSync(kept, 'utf8'), 'later', 'what the backup does not have stays');
  assert.ok(
    !readdirSync(data).some((name) => name.startsWith('waystation-')),
    'nothing is left over',
  );
  const cut = await cli(['restore', '-', '--force'], readFileSync(file).subarray(0, 2 ** 20));
  assert.match(cut.err, /damaged or cut off/);
  assert.ok(readFileSync(one).equals(content));
});

test('a damaged, cut off, foreign or later backup is refused in words, and nothing is written', async () => {
  const whole = readFileSync(join(folder, 'second.tar.gz'));
  const plain = gunzipSync(whole);
  const before = await idsHere();
  const flipped = Buffer.from(plain);
  const at = flipped.indexOf('"guid"');
  flipped[at + 10] = (flipped[at + 10] ?? 0) ^ 1;
  const cases: [RegExp, Buffer][] = [
    [/damaged or cut off/, whole.subarray(0, whole.length / 2)],
    [/damaged|cut off/, gzipSync(plain.subarray(0, plain.length / 2))],
    [/another SHA-256/, gzipSync(flipped)],
    [/damaged or cut off/, Buffer.from('no archive at all')],
    [/damaged or cut off|holds nothing/, Buffer.alloc(0)],
    [/does not begin with a manifest/, archive([['../../etc/cron.d/x', 'x']])],
    [/format 3 .*newer release/, archive([['manifest.json', manifest({ format: 3 })]])],
    [/manifest cannot be read/, archive([['manifest.json', '{']])],
    [
      /"\.\.\/evil".*no backup has/,
      archive([
        ['manifest.json', manifest({})],
        ['../evil', 'x'],
      ]),
    ],
    [
      /"\/etc\/passwd".*no backup has/,
      archive([
        ['manifest.json', manifest({})],
        ['/etc/passwd', 'x'],
      ]),
    ],
    [
      /"id_ed25519".*no backup has/,
      archive([
        ['manifest.json', manifest({})],
        ['id_ed25519', 'x', 'SymbolicLink'],
      ]),
    ],
    ...['recordings/../../x.webm', 'recordings/../x.webm', 'recordings/./x.webm', '/x.webm'].map(
      (name): [RegExp, Buffer] => {
        const recordings = [{ name, bytes: 1, sha256: '' }];
        return [
          /manifest cannot be read/,
          archive([
            ['manifest.json', manifest({ format: 2, recordings })],
            [name, 'x'],
          ]),
        ];
      },
    ),
    [
      /"recordings\/1.2.3.4\/x.webm".*no backup has/,
      archive([
        ['manifest.json', manifest({ format: 2, recordings: [] })],
        ['recordings/1.2.3.4/x.webm', 'x'],
      ]),
    ],
    [
      /identities.jsonl is missing/,
      archive([['manifest.json', manifest({ parts: [facts('identities.jsonl')] })]]),
    ],
    [
      /has another size/,
      archive([
        ['manifest.json', manifest({ parts: [facts('data-key')] })],
        ['data-key', 'long'],
      ]),
    ],
    [
      /manifest cannot be read/,
      archive([['manifest.json', manifest({ parts: [facts('../evil')] })]]),
    ],
  ];
  for (const [words, bytes] of cases) {
    const read = inWorkFolder((into) => readBackup(Readable.from([bytes]), into));
    const refusal = (error: unknown) => error instanceof Failure && words.test(error.message);
    await assert.rejects(read, refusal, String(words));
  }
  const { code, err } = await cli(['restore', '-', '--force'], whole.subarray(0, whole.length / 2));
  assert.match(err, /^The backup is damaged or cut off/);
  assert.equal(code, 1);
  assert.deepEqual(await idsHere(), before);
  mkdirSync(join(folder, 'x'));
  writeFileSync(join(folder, 'x', 'there'), '');
  const twice = await cli(['backup', join(folder, 'x', 'there')]);
  assert.match(twice.err, /is there already/);
});

function facts(name: string): object {
  return { name, bytes: 0, sha256: '' };
}

function manifest(changes: object): string {
  const usual = { format: 1, release: '9.9', made: 'now', key: '', devices: 0, parts: [] };
  return JSON.stringify({ ...usual, ...changes });
}

/** A compressed archive with whatever entries somebody could make. */
function archive(entries: [path: string, text: string, type?: 'File' | 'SymbolicLink'][]): Buffer {
  const blocks = entries.flatMap(([path, text, type = 'File']) => {
    const size = type === 'File' ? Buffer.byteLength(text) : 0;
    const head = Buffer.alloc(512);
    const link = type === 'SymbolicLink' ? { linkpath: text } : {};
    new Header({ path, size, type, mode: 0o644, mtime: new Date(0), ...link }).encode(head, 0);
    const body = Buffer.alloc(Math.ceil(size / 512) * 512);
    body.write(text.slice(0, size));
    return [head, body];
  });
  return gzipSync(Buffer.concat([...blocks, Buffer.alloc(1024)]));
}
