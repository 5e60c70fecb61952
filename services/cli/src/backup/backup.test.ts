import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
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
import { runCli, type Outcome } from '../testing/run-cli.js';

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

function cli(args: readonly string[]): Promise<Outcome> {
  return runCli(args, env, folder);
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
  await cli(['user', 'add', 'operator']);
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
});
