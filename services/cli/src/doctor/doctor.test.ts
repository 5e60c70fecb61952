import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, mock, test } from 'node:test';
import { closeRedis, openRedis, redisReady, type Redis } from '@waystation/state';
import {
  freePort,
  freePortBlock,
  newSigningKeys,
  startStack,
  type Stack,
} from '@waystation/testkit';
import { runCli } from '../testing/run-cli.js';
import { checkKernel } from './kernel.js';
import { checkRedis } from './redis.js';

let stack: Stack;
let folder: string;
let redis: Redis;
let env: Record<string, string>;
let keyFile: string;
const endings = new AsyncDisposableStack();

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'cli-doctor-'));
  endings.defer(() => rmSync(folder, { recursive: true, force: true }));
  const port = await freePortBlock([-1, 0, 1, 2, 3]);
  const apiPort = await freePort();
  const ports = { PORT: String(port), API_PORT: String(apiPort) };
  const data = { WAYSTATION_DATA_DIR: join(folder, 'data') };
  const serviceEnv = { rendezvous: ports, relay: ports, api: { ...ports, ...data } };
  stack = await startStack({ serviceEnv, listRelays: false, redis: { appendOnly: true } });
  endings.defer(() => stack.stop());
  await stack.add('api');
  redis = openRedis(stack.redis.url, 'test');
  endings.defer(() => closeRedis(redis));
  await redisReady(redis);
  keyFile = join(stack.directory, 'keys', 'id_ed25519');
  const keys = { KEY_DIR: join(stack.directory, 'keys'), WAYSTATION_HOST: '192.0.2.10' };
  env = { REDIS_URL: stack.redis.url, ...ports, ...data, ...keys };
});

after(() => endings.disposeAsync());

/** The answer of the doctor, with its exit code behind. */
async function doctor(changes: Record<string, string> = {}): Promise<string> {
  const { code, out, err } = await runCli(['doctor'], { ...env, ...changes }, folder);
  assert.equal(err, '');
  return `${out}exit code ${code}`;
}

test('a server that is well gets no reproach but about limits of this machine', async () => {
  const told = await doctor();
  assert.doesNotMatch(told, /^(fail|warn) +(?!kernel|disk| )/m);
  for (const subject of ['settings', 'Redis', 'clock', 'services', 'key', 'address', 'ports']) {
    assert.match(told, new RegExp(`^ok +${subject} `, 'm'));
  }
  assert.match(told, /exit code 0$/);
});

test('each fault that is put in is found, with its remedy', async () => {
  const cases: [RegExp, Record<string, string>][] = [
    [/^fail +settings +PORT is "x".*for example/m, { PORT: 'x' }],
    [/^fail +settings +WAYSTATION_RELAY_SERVER.*did you mean/m, { WAYSTATION_RELAY_SERVER: 'x' }],
    [/^fail +Redis .*REDIS_URL/m, { REDIS_URL: 'redis://127.0.0.1:1' }],
    [/^warn +address +WAYSTATION_HOST is empty/m, { WAYSTATION_HOST: '' }],
    [/^fail +address .*no address.*DNS/m, { WAYSTATION_HOST: 'nowhere.invalid' }],
    [/^fail +address .*takes for itself/m, { WAYSTATION_HOST: '127.0.0.1' }],
    [/^warn +address .*outside of your own/m, { WAYSTATION_HOST: '10.0.0.1' }],
    [/^fail +ports .*does not answer though api runs/m, { API_PORT: String(await freePort()) }],
    [/^fail +key .*no secret key/m, { KEY_DIR: broken('no key') }],
    [
      /^fail +key .*last 32 bytes are not/m,
      { KEY_DIR: broken(Buffer.alloc(64, 1).toString('base64')) },
    ],
    [/^fail +key .*is gone.*restore it from a backup/m, { KEY_DIR: join(folder, 'nowhere') }],
    [/^fail +key .*another key.*restart/m, { KEY_DIR: otherKey() }],
    [/^warn +key .*no session is encrypted/m, { KEY: 'a word' }],
    [/^fail +accounts +The database does not answer/m, { WAYSTATION_DATA_DIR: brokenData() }],
  ];
  for (const [words, changes] of cases) {
    const told = await doctor(changes);
    assert.match(told, words);
    assert.match(told, /^fail/m.test(told) ? /exit code 1$/ : /exit code 0$/);
  }
});

test('services with names of their own are asked there', async () => {
  const inside = 'localhost,127.0.0.1,localhost';
  const told = await doctor({ PROBE_INSIDE: inside });
  assert.match(told, new RegExp(`^ok +ports .* answer at ${inside}`, 'm'));
  const astray = await doctor({ PROBE_INSIDE: 'nowhere.invalid,127.0.0.1,127.0.0.1' });
  assert.match(astray, /^fail +ports +UDP port \d+ does not answer though rendezvous runs/m);
  assert.doesNotMatch(astray, /though (relay|api) runs/);
});

test('key files that others can read or that do not belong together are told', async () => {
  chmodSync(keyFile, 0o644);
  renameSync(`${keyFile}.pub`, `${keyFile}.kept`);
  writeFileSync(`${keyFile}.pub`, newSigningKeys().publicKey.toString('base64'));
  const told = await doctor();
  chmodSync(keyFile, 0o600);
  renameSync(`${keyFile}.kept`, `${keyFile}.pub`);
  assert.match(told, /^warn +key .*chmod 600/m);
  assert.match(told, /^warn +key .*id_ed25519.pub does not belong/m);
});

test('a Redis that forgets or evicts, and a clock that is off, are told', async () => {
  await redis.config('SET', 'maxmemory', '100mb');
  await redis.config('SET', 'maxmemory-policy', 'allkeys-lru');
  await redis.config('SET', 'appendonly', 'no');
  const now = Date.now.bind(Date);
  mock.method(Date, 'now', () => now() + 60_000);
  const { findings } = await checkRedis(stack.redis.url);
  mock.restoreAll();
  await redis.config('SET', 'maxmemory', '0');
  await redis.config('SET', 'appendonly', 'yes');
  const told = findings.map(({ level, text }) => `${level} ${text}`).join('\n');
  assert.match(told, /warn .*appendonly yes/);
  assert.match(told, /fail .*noeviction/);
  assert.match(told, /fail .*60 s apart/);
});

test('limits of the kernel are compared with what the server needs', async () => {
  const proc = join(folder, 'proc');
  for (const name of ['self', 'sys/net/core', 'sys/net/netfilter']) {
    mkdirSync(join(proc, name), { recursive: true });
  }
  const write = (name: string, text: string): void => writeFileSync(join(proc, name), text);
  write(
    'self/limits',
    'Max open files            1024                 4096                 files\n',
  );
  write('sys/net/core/rmem_max', '212992\n');
  write('sys/net/netfilter/nf_conntrack_max', '1000\n');
  write('sys/net/netfilter/nf_conntrack_count', '900\n');
  const told = (await checkKernel(4_000_000, proc)).map(({ level, text }) => `${level} ${text}`);
  assert.match(told[0] ?? '', /^warn Only 4096 open files.*nofile/);
  assert.match(told[1] ?? '', /^warn RMEM.*gets 212992.*sysctl -w net.core.rmem_max=4000000/);
  assert.match(told[2] ?? '', /^warn 900 of 1000.*nf_conntrack_max/);
  write('sys/net/netfilter/nf_conntrack_count', '1\n');
  assert.match((await checkKernel(0, proc))[1]?.text ?? '', /Only 1000 connections/);
});

test('a service that is down, and a port that somebody else has, are told', async (t) => {
  await Promise.all(stack.relays.map((relay) => relay.stop()));
  assert.match(await doctor(), /^fail +services +Missing: relay/m);
  await Promise.all(stack.replicas.map((replica) => replica.stop()));
  const tcp = createServer((socket) => socket.on('error', () => undefined)).listen(
    Number(env['API_PORT']),
  );
  t.after(() => tcp.close());
  await once(tcp, 'listening');
  const udp = createSocket('udp4').bind(Number(env['PORT']));
  t.after(() => udp.close());
  await once(udp, 'listening');
  const told = await doctor();
  assert.match(told, /^warn +services +None runs/m);
  assert.match(told, /^fail +ports +TCP port \d+ of api is taken.*API_PORT/m);
  assert.match(told, /^fail +ports +UDP port \d+ of rendezvous is taken.*PORT/m);
});

function broken(text: string): string {
  const keys = mkdtempSync(join(folder, 'keys-'));
  writeFileSync(join(keys, 'id_ed25519'), text);
  return keys;
}

function otherKey(): string {
  return broken(newSigningKeys().secretKey.toString('base64'));
}

function brokenData(): string {
  const data = mkdtempSync(join(folder, 'data-'));
  writeFileSync(join(data, 'waystation.sqlite'), readFileSync(process.execPath).subarray(0, 9000));
  return data;
}
