import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { RegistryClient, type ClaimRequest } from '@waystation/bus';
import {
  closeRedis,
  Identities,
  keys,
  openRedis,
  redisReady,
  ServerKey,
  type Redis,
} from '@waystation/state';
import { Child, startRedis, until } from '@waystation/testkit';
import {
  decodeIdPk,
  newSigningKeyPair,
  openSigned,
  RegisterPkResult,
  signingKeyPairFromSeed,
} from '@waystation/wire';

const MAIN = fileURLToPath(new URL('./main.js', import.meta.url));
const endings = new AsyncDisposableStack();

after(() => endings.disposeAsync());

function folder(): string {
  return mkdtempSync(join(tmpdir(), 'registry-service-'));
}

function spawnRegistry(env: Record<string, string>): Child {
  const own = { KEY_DIR: folder(), OPS_PORT: '0', ...env };
  const child = new Child({ command: process.execPath, args: [MAIN], cwd: own.KEY_DIR, env: own });
  endings.defer(() => child.stop());
  return child;
}

async function connect(url: string): Promise<Redis> {
  const redis = openRedis(url, 'test');
  endings.defer(() => closeRedis(redis));
  await redisReady(redis);
  return redis;
}

function clientOf(url: string): RegistryClient {
  const client = new RegistryClient(url);
  endings.defer(() => client.stop());
  return client;
}

/** Always the same for an id: a call without an answer may have been done all the same. */
function claim(id: string): ClaimRequest {
  const uuid = createHash('sha256').update(id).digest();
  return { id, uuid, pk: uuid, ip: '198.51.100.23', noRegisterDevice: false };
}

async function accepts(client: RegistryClient, id: string): Promise<boolean> {
  return (await client.claim(claim(id))).result === RegisterPkResult.OK;
}

test('[P27] a registry with a malformed key file ends with exit code 1 and one sentence', async () => {
  const server = await startRedis();
  endings.defer(() => server.stop());
  const dir = folder();
  writeFileSync(join(dir, 'id_ed25519'), 'not a key');
  const child = spawnRegistry({ REDIS_URL: server.url, KEY_DIR: dir });
  await until(() => !child.alive, { what: 'the end of the registry' });
  assert.equal(child.exitCode, 1);
  assert.match(child.output, /id_ed25519 holds no secret key/);
});

test('[P29] of two registries in one directory one leads; the other takes over when it dies', async () => {
  const server = await startRedis();
  endings.defer(() => server.stop());
  const env = { REDIS_URL: server.url, KEY_DIR: folder() };
  const both = [spawnRegistry(env), spawnRegistry(env)];
  const redis = await connect(server.url);
  const client = clientOf(server.url);
  const leader = await until(() => redis.get(keys.leader), { what: 'a leader' });
  const before = await new ServerKey(redis).wait(10_000);
  await until(() => accepts(client, 'first-device'));
  await until(async () => (await redis.zcard(keys.replicas)) === 2, { what: 'a standby' });
  const leading = both.find((child) => child.output.includes(leader));
  leading?.signal('SIGKILL');
  const changed = async (): Promise<boolean> =>
    ![null, leader].includes(await redis.get(keys.leader));
  await until(changed, { timeoutMs: 15_000, what: 'a new leader' });
  await until(() => accepts(client, 'second-device'), { what: 'calls to be answered again' });
  const after = await new ServerKey(redis).read();
  assert.deepEqual(after, before, 'both have the same key');
});

test('a leader that is told to end hands over at once', async () => {
  const server = await startRedis();
  endings.defer(() => server.stop());
  const env = { REDIS_URL: server.url, KEY_DIR: folder() };
  const first = spawnRegistry(env);
  const redis = await connect(server.url);
  const leader = await until(() => redis.get(keys.leader), { what: 'a leader' });
  spawnRegistry(env);
  await until(async () => (await redis.zcard(keys.replicas)) === 2, { what: 'a standby' });
  await first.stop();
  assert.equal(first.exitCode, 0);
  assert.notEqual(await redis.get(keys.leader), leader);
  await until(() => redis.get(keys.leader), { timeoutMs: 5_000, what: 'a new leader' });
});

test('after a restart of Redis under registry and client calls work again', async () => {
  const server = await startRedis({ appendOnly: true });
  endings.defer(() => server.stop());
  const registry = spawnRegistry({ REDIS_URL: server.url });
  const client = clientOf(server.url);
  await until(() => accepts(client, 'first-device'));
  for (let round = 0; round < 3; round++) {
    await server.restart();
    await until(() => accepts(client, `device-${String(round)}`), { what: 'an answer' });
  }
  const redis = await connect(server.url);
  assert.ok(await new Identities(redis).get('first-device'), 'identities survive');
  await registry.stop();
  assert.equal(registry.exitCode, 0);
});

test('while Redis is frozen calls fail in time and do not pile up; afterwards they work', async () => {
  const server = await startRedis();
  endings.defer(() => server.stop());
  spawnRegistry({ REDIS_URL: server.url });
  const client = new RegistryClient(server.url, { timeoutMs: 300, maxInFlight: 5 });
  endings.defer(() => client.stop());
  await until(() => accepts(client, 'first-device'));
  server.pause();
  try {
    const calls = Array.from({ length: 20 }, (_, index) => client.claim(claim(`frozen-${index}`)));
    const failures = await Promise.allSettled(calls);
    assert.ok(failures.every(({ status }) => status === 'rejected'));
    assert.equal(client.inFlight, 0);
  } finally {
    server.resume();
  }
  await until(() => accepts(client, 'second-device'), { what: 'an answer' });
});

test('after all data of Redis is lost the key is published again and registration works', async () => {
  const server = await startRedis();
  endings.defer(() => server.stop());
  spawnRegistry({ REDIS_URL: server.url });
  const client = clientOf(server.url);
  await until(() => accepts(client, 'first-device'));
  await server.restart();
  const redis = await connect(server.url);
  assert.ok(await new ServerKey(redis).wait(10_000));
  await until(() => accepts(client, 'second-device'));
});

test('[P32] with a public key as KEY nothing is signed and a warning is logged', async () => {
  const server = await startRedis();
  endings.defer(() => server.stop());
  const licence = newSigningKeyPair().publicKey.toString('base64');
  const child = spawnRegistry({ REDIS_URL: server.url, KEY: licence });
  const client = clientOf(server.url);
  await until(() => accepts(client, 'some-device'));
  const redis = await connect(server.url);
  const facts = await new ServerKey(redis).read();
  assert.deepEqual([facts?.licenceKey, facts?.signs], [licence, false]);
  assert.equal((await new Identities(redis).get('some-device'))?.signed.length, 0);
  assert.deepEqual(await client.signBoxKeys([randomBytes(32)]), []);
  assert.match(child.output, /UNENCRYPTED/);
});

test('a new server key signs all identities anew', async () => {
  const server = await startRedis();
  endings.defer(() => server.stop());
  const [first, second] = [1, 2].map((fill) => signingKeyPairFromSeed(Buffer.alloc(32, fill)));
  assert.ok(first && second);
  const old = spawnRegistry({ REDIS_URL: server.url, KEY: first.secretKey.toString('base64') });
  const client = clientOf(server.url);
  await until(() => accepts(client, 'some-device'));
  await old.stop();
  spawnRegistry({ REDIS_URL: server.url, KEY: second.secretKey.toString('base64') });
  const identities = new Identities(await connect(server.url));
  const opened = await until(async () => {
    const identity = await identities.get('some-device');
    return identity && openSigned(identity.signed, second.publicKey);
  });
  assert.equal(decodeIdPk(opened).id, 'some-device');
});

test('[P44] box keys are signed in order, each for its own key', async () => {
  const server = await startRedis();
  endings.defer(() => server.stop());
  const pair = signingKeyPairFromSeed(Buffer.alloc(32, 9));
  spawnRegistry({ REDIS_URL: server.url, KEY: pair.secretKey.toString('base64') });
  const client = clientOf(server.url);
  const publicKeys = Array.from({ length: 64 }, () => randomBytes(32));
  const signed = await until(() => client.signBoxKeys(publicKeys));
  assert.deepEqual(
    signed.map((blob) => openSigned(blob, pair.publicKey)),
    publicKeys,
  );
  assert.ok(signed.every((blob) => blob.length === 96));
  assert.deepEqual(await client.signBoxKeys([randomBytes(31)]), []);
  assert.deepEqual(
    await client.signBoxKeys(Array.from({ length: 257 }, () => randomBytes(32))),
    [],
  );
});
