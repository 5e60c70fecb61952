import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { closeRedis, Identities, openRedis, redisReady, type Redis } from '@waystation/state';
import { Caller, Device, startStack, until, type Stack } from '@waystation/testkit';
import { runCli, type Outcome } from '../testing/run-cli.js';
import { makeUpstream, type UpstreamFolder } from '../testing/upstream-server.js';

const DEVICES = 10_000;
let stack: Stack;
let folder: string;
let upstream: UpstreamFolder;
let redis: Redis;
let identities: Identities;
const endings = new AsyncDisposableStack();

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'cli-import-'));
  endings.defer(() => rmSync(folder, { recursive: true, force: true }));
  upstream = makeUpstream(join(folder, 'old'), DEVICES);
  endings.defer(() => upstream.database.close());
  stack = await startStack();
  endings.defer(() => stack.stop());
  redis = openRedis(stack.redis.url, 'test');
  endings.defer(() => closeRedis(redis));
  await redisReady(redis);
  identities = new Identities(redis);
});

after(() => endings.disposeAsync());

function cli(...args: string[]): Promise<Outcome> {
  const env = {
    REDIS_URL: stack.redis.url,
    KEY_DIR: join(stack.directory, 'keys'),
    WAYSTATION_DATA_DIR: join(folder, 'data'),
  };
  return runCli(['import', 'rustdesk-server', ...args], env, folder);
}

async function countHere(): Promise<number> {
  const ids = new Set<string>();
  for await (const batch of identities.all()) for (const { id } of batch) ids.add(id);
  return ids.size;
}

const keyHere = (): string => readFileSync(join(stack.directory, 'keys', 'id_ed25519.pub'), 'utf8');

test('a dry run tells what would happen, and neither side is touched', async () => {
  const names = readdirSync(upstream.folder);
  const { code, out } = await cli(upstream.folder);
  assert.equal(code, 0, out);
  assert.match(out, /has 10000 devices/);
  assert.match(out, /new here +10000\n/);
  assert.match(out, /key replaces the one of this server/);
  assert.match(out, /Nothing was changed/);
  assert.equal(await countHere(), 0);
  assert.equal(keyHere(), stack.key);
  assert.deepEqual(readdirSync(upstream.folder), names, 'nothing beside the old database');
});

test('10,000 devices of a running hbbs come over, undo takes them back, both can be repeated', async () => {
  assert.ok(
    statSync(join(upstream.folder, 'db_v2.sqlite3-wal')).size > 1_000_000,
    'in the log only',
  );
  const undo = join(folder, 'undo.json');
  const { code, out } = await cli(upstream.folder, '--apply', '--undo-file', undo);
  assert.equal(code, 0, out);
  assert.match(out, /10000 of 10000 devices are here now, ids and keys byte for byte/);
  assert.match(out, /Restart all services/);
  assert.equal(await countHere(), DEVICES);
  for (const { id, uuid, publicKey } of upstream.devices) {
    const held = await identities.get(id);
    assert.ok(held?.uuid.equals(uuid) === true && held.pk.equals(publicKey), id);
    assert.equal(held.ip, '198.51.100.9');
  }
  assert.equal(keyHere(), upstream.key);
  assert.equal(statSync(undo).mode & 0o777, 0o600);
  assert.match((await cli(upstream.folder)).out, /same key 10000\n/);
  const taken = await cli('--undo', undo);
  assert.match(taken.out, /Removed 10000 devices.*\n.*the one from before/);
  assert.equal(await countHere(), 0);
  assert.equal(keyHere(), stack.key);
  assert.match((await cli('--undo', undo)).out, /Removed 0 devices/);
});

test('an imported device that nobody touched comes online and is reached by an untouched caller', async (t) => {
  await Promise.all(stack.replicas.map((replica) => replica.stop()));
  await until(async () => (await redis.exists('registry-leader')) === 0, { what: 'no leader' });
  assert.equal((await cli(upstream.folder, '--apply')).code, 0);
  const [relay, rendezvous] = [stack.relays[0]?.port, stack.rendezvous[0]?.port];
  await stack.add('registry');
  await Promise.all([stack.add('relay', relay), stack.add('rendezvous', rendezvous)]);
  const [identity] = upstream.devices;
  assert.ok(identity);
  const server = stack.server();
  const device = new Device({ server, key: upstream.key, identity, from: '127.0.9.1' });
  t.after(() => device.stop());
  await device.start();
  assert.equal(device.id, identity.id);
  const caller = new Caller({ server, key: upstream.key, from: '127.0.9.2' });
  t.after(() => caller.stop());
  const arrival = device.session();
  arrival.catch(() => undefined);
  assert.ok(await caller.connect(identity.id));
  await arrival;
});

test('an id that is taken by another key is listed and left alone unless told, and nothing is lost', async () => {
  const other = makeUpstream(join(folder, 'other'), 3, 100_009_999);
  other.database
    .prepare('insert into peer (guid, id, uuid, pk, info) values (?, ?, ?, ?, ?)')
    .run(randomBytes(16), 'bad id', randomBytes(16), randomBytes(32), '');
  const first = await cli(other.folder, '--apply');
  assert.equal(first.code, 1, 'not everything is here');
  assert.match(first.out, /new here +2\n/);
  assert.match(first.out, /taken by another key +1\n/);
  assert.match(first.out, /cannot be kept +1\n/);
  assert.match(first.out, /100009999: taken here since \d/);
  assert.match(first.out, /"bad id": the id/);
  assert.match(first.out, /2 of 4 devices/);
  const ours = upstream.devices.at(-1);
  assert.ok((await identities.get('100009999'))?.pk.equals(ours?.publicKey ?? Buffer.alloc(0)));
  const undo = join(folder, 'undo-2.json');
  const second = await cli(other.folder, '--apply', '--replace', '--undo-file', undo);
  assert.match(second.out, /3 of 4 devices/);
  const [theirs] = other.devices;
  assert.ok((await identities.get('100009999'))?.pk.equals(theirs?.publicKey ?? Buffer.alloc(0)));
  assert.match((await cli('--undo', undo)).out, /brought 1 back/);
  assert.ok((await identities.get('100009999'))?.pk.equals(ours?.publicKey ?? Buffer.alloc(0)));
  other.database.close();
});

test('a folder or a database that is none is refused in words', async () => {
  const cases: [RegExp, string][] = [
    [/There is no .*nowhere/, join(folder, 'nowhere')],
    [/no db_v2.sqlite3 in .*name the folder/, folder],
    [/cannot be read .*right file/, join(upstream.folder, 'id_ed25519')],
  ];
  for (const [words, path] of cases) {
    const { code, err } = await cli(path);
    assert.equal(code, 1);
    assert.match(err, words);
  }
  const damaged = join(folder, 'damaged.sqlite3');
  writeFileSync(damaged, readFileSync(join(upstream.folder, 'db_v2.sqlite3')).subarray(0, 5000));
  assert.equal((await cli(damaged)).code, 1);
});
