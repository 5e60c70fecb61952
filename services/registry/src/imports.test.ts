import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { MAX_IMPORTS, RegistryClient, RegistryUnavailable } from '@waystation/bus';
import { closeRedis, Identities, openRedis, redisReady, type Identity } from '@waystation/state';
import { startRedis } from '@waystation/testkit';
import { decodeIdPk, newSigningKeyPair, openSigned, RegisterPkResult } from '@waystation/wire';
import { runRegistry, type RunningRegistry } from './testing/running-registry.js';

const pair = newSigningKeyPair();
let registry: RunningRegistry;
let client: RegistryClient;
let redis: ReturnType<typeof openRedis>;
let identities: Identities;
let serial = 300_000_000;

const endings = new AsyncDisposableStack();

before(async () => {
  const server = await startRedis();
  endings.defer(() => server.stop());
  const env = { REDIS_URL: server.url, KEY: pair.secretKey.toString('base64') };
  registry = await runRegistry({ ...env, KEY_DIR: mkdtempSync(join(tmpdir(), 'registry-')) });
  endings.defer(() => registry.stop());
  client = new RegistryClient(server.url);
  endings.defer(() => client.stop());
  redis = openRedis(server.url, 'test');
  endings.defer(() => closeRedis(redis));
  await redisReady(redis);
  identities = new Identities(redis);
});

after(() => endings.disposeAsync());

function device(changes: Partial<Identity> = {}): Identity {
  return {
    id: String(++serial),
    guid: randomBytes(16).toString('hex'),
    uuid: randomBytes(16),
    pk: randomBytes(32),
    signed: Buffer.alloc(0),
    ip: '198.51.100.7',
    created: 1_700_000_000_000,
    disabled: false,
    listed: true,
    ...changes,
  };
}

async function importOne(identity: Identity, replace = false): Promise<string | undefined> {
  return (await client.importIdentities({ identities: [identity], replace }))[0];
}

test('an imported device keeps everything, is signed by this server and may register', async () => {
  const theirs = device({ disabled: false, listed: false, renamedFrom: 'office-pc' });
  assert.equal(await importOne(theirs), 'added');
  const held = await identities.get(theirs.id);
  assert.ok(held);
  assert.deepEqual({ ...held, signed: theirs.signed }, theirs);
  const message = openSigned(held.signed, pair.publicKey);
  assert.deepEqual(message && { ...decodeIdPk(message) }, { id: theirs.id, pk: theirs.pk });
  const { id, uuid, pk } = theirs;
  const claim = { id, uuid, pk, ip: '203.0.113.99', noRegisterDevice: false };
  assert.equal((await client.claim(claim)).result, RegisterPkResult.OK);
});

test('an import can be repeated, and never takes an id from another key unless told', async () => {
  const first = device();
  assert.equal(await importOne(first), 'added');
  assert.equal(await importOne(first), 'same');
  for (const other of [
    { uuid: randomBytes(16) },
    { pk: randomBytes(32) },
    { uuid: first.uuid.subarray(1) },
  ]) {
    assert.equal(await importOne({ ...first, ...other }), 'taken');
  }
  assert.deepEqual((await identities.get(first.id))?.pk, first.pk);
  const second = device({ id: first.id, disabled: true });
  assert.equal(await importOne(second, true), 'replaced');
  assert.equal(await importOne(second, true), 'same');
  const held = await identities.get(first.id);
  assert.deepEqual([held?.guid, held?.pk, held?.disabled], [second.guid, second.pk, true]);
});

test('what no server could keep is told, and the others of the call are imported', async () => {
  const good = [device(), device({ pk: Buffer.alloc(0) }), device({ uuid: Buffer.alloc(0) })];
  const bad = [device({ id: '' }), device({ id: 'a b' }), device({ pk: randomBytes(31) })];
  const both = [...good, ...bad];
  const outcomes = await client.importIdentities({ identities: both, replace: false });
  assert.deepEqual(
    outcomes,
    both.map((each) => (good.includes(each) ? 'added' : 'unusable')),
  );
});

test('a call that is too large or cannot be read changes nothing', async () => {
  const many = Array.from({ length: MAX_IMPORTS + 1 }, () => device());
  const call = client.importIdentities({ identities: many, replace: false });
  await assert.rejects(call, RegistryUnavailable);
  assert.equal(await identities.get(many[0]?.id ?? ''), undefined);
});
