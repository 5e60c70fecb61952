import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { RegistryClient, type ClaimRequest } from '@waystation/bus';
import { closeRedis, keys, Identities, openRedis, redisReady } from '@waystation/state';
import { startRedis, until, type RedisServer } from '@waystation/testkit';
import { openSigned, decodeIdPk, RegisterPkResult } from '@waystation/wire';
import { runRegistry, type RunningRegistry } from './testing/running-registry.js';

const SEED = Buffer.from(Array.from({ length: 32 }, (_, index) => index));
const PUBLIC = Buffer.from('A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg=', 'base64');
const KEY = Buffer.concat([SEED, PUBLIC]).toString('base64');

/** Thousands of claims at once may take long on a busy machine. */
const PATIENCE_MS = 60_000;

let server: RedisServer;
let registry: RunningRegistry;
let client: RegistryClient;
let redis: ReturnType<typeof openRedis>;
let identities: Identities;
const endings = new AsyncDisposableStack();
let serial = 100_000_000;

before(async () => {
  server = await startRedis();
  endings.defer(() => server.stop());
  const folder = mkdtempSync(join(tmpdir(), 'registry-'));
  registry = await runRegistry({ REDIS_URL: server.url, KEY, KEY_DIR: folder });
  endings.defer(() => registry.stop());
  client = new RegistryClient(server.url, { timeoutMs: PATIENCE_MS });
  endings.defer(() => client.stop());
  redis = openRedis(server.url, 'test');
  endings.defer(() => closeRedis(redis));
  await redisReady(redis);
  identities = new Identities(redis);
});

after(() => endings.disposeAsync());

function device(changes: Partial<ClaimRequest> = {}): ClaimRequest {
  serial++;
  return {
    id: String(serial),
    uuid: randomBytes(16),
    pk: randomBytes(32),
    ip: '198.51.100.23',
    noRegisterDevice: false,
    ...changes,
  };
}

async function resultOf(request: ClaimRequest): Promise<number> {
  return (await client.claim(request)).result;
}

test('[P54] a new id is stored and answered OK', async () => {
  const claim = device();
  const { result, identity } = await client.claim(claim);
  assert.equal(result, RegisterPkResult.OK);
  const stored = await identities.get(claim.id);
  assert.ok(stored && identity);
  assert.deepEqual(identity, stored);
  assert.deepEqual([stored.uuid, stored.pk, stored.ip], [claim.uuid, claim.pk, claim.ip]);
  assert.match(stored.guid, /^[0-9a-f]{32}$/);
  assert.ok(stored.listed && !stored.disabled);
  assert.ok(Math.abs(Date.now() - stored.created) < 60_000);
});

test('[P52] without uuid or pk nothing is stored, and the answer is one the rendezvous keeps to itself', async () => {
  for (const part of ['uuid', 'pk'] as const) {
    const claim = device({ [part]: Buffer.alloc(0) });
    assert.equal(await resultOf(claim), RegisterPkResult.INVALID_ID_FORMAT);
    assert.equal(await identities.get(claim.id), undefined);
  }
});

test('[P53] an id of 5 bytes is answered UUID_MISMATCH', async () => {
  assert.equal(await resultOf(device({ id: '12345' })), RegisterPkResult.UUID_MISMATCH);
  assert.equal(await identities.get('12345'), undefined);
});

test('ids with forbidden characters and oversized fields are INVALID_ID_FORMAT', async () => {
  const bad = ['with space', 'quo"te1', 'a/b/c/d', 'tab\tbed1', 'null\0byte', 'x'.repeat(101)];
  for (const id of bad) {
    assert.equal(await resultOf(device({ id })), RegisterPkResult.INVALID_ID_FORMAT, id);
  }
  const { INVALID_ID_FORMAT } = RegisterPkResult;
  assert.equal(await resultOf(device({ pk: randomBytes(31) })), INVALID_ID_FORMAT);
  assert.equal(await resultOf(device({ uuid: randomBytes(257) })), INVALID_ID_FORMAT);
});

test('[P55] the same id with another uuid is UUID_MISMATCH and changes nothing', async () => {
  const claim = device();
  await client.claim(claim);
  const before = await identities.get(claim.id);
  assert.equal(await resultOf({ ...claim, uuid: randomBytes(16) }), RegisterPkResult.UUID_MISMATCH);
  assert.deepEqual(await identities.get(claim.id), before);
});

test('[P56] the same uuid and pk from another ip updates the ip', async () => {
  const claim = device();
  await client.claim(claim);
  assert.equal(await resultOf({ ...claim, ip: '203.0.113.9' }), RegisterPkResult.OK);
  assert.equal((await identities.get(claim.id))?.ip, '203.0.113.9');
});

test('[P57] the same uuid and ip with another pk replaces the pk and its signature', async () => {
  const claim = device();
  await client.claim(claim);
  const pk = randomBytes(32);
  assert.equal(await resultOf({ ...claim, pk }), RegisterPkResult.OK);
  const stored = await identities.get(claim.id);
  assert.ok(stored);
  assert.deepEqual(stored.pk, pk);
  const opened = openSigned(stored.signed, PUBLIC);
  assert.ok(opened);
  assert.deepEqual(decodeIdPk(opened), { id: claim.id, pk });
});

test('[P58] the same uuid from another ip with another pk is UUID_MISMATCH', async () => {
  const claim = device();
  await client.claim(claim);
  const before = await identities.get(claim.id);
  const moved = { ...claim, ip: '203.0.113.9', pk: randomBytes(32) };
  assert.equal(await resultOf(moved), RegisterPkResult.UUID_MISMATCH);
  assert.deepEqual(await identities.get(claim.id), before);
});

test('[P35] ids are told apart by case, and the signed id is the canonical one', async () => {
  const lower = device({ id: 'office-pc' });
  const upper = device({ id: 'Office-PC' });
  for (const claim of [lower, upper]) {
    const { result, identity } = await client.claim(claim);
    assert.equal(result, RegisterPkResult.OK);
    const opened = openSigned(identity?.signed ?? Buffer.alloc(0), PUBLIC);
    assert.ok(opened);
    assert.deepEqual(decodeIdPk(opened), { id: claim.id, pk: claim.pk });
  }
});

test('[P33] the signed blob of the protocol is reproduced byte for byte', async () => {
  const pk = Buffer.from('2152f8d19b791d24453242e15f2eab6cb7cffa7b6a5ed30097960e069881db12', 'hex');
  const { identity } = await client.claim(device({ id: '123456789', pk }));
  assert.equal(
    identity?.signed.toString('hex'),
    'bf570b4f730765fa4d45a224c92cf42a01913edb97818fee10cbf6616b69569a' +
      'd94a00b29845eebae724778be4b3743fc413ebad3d4d28dc7317c80e3a019809' +
      '0a0931323334353637383912202152f8d19b791d24453242e15f2eab6cb7cffa7b6a5ed30097960e069881db12',
  );
});

test('[P59] the 4th claim of an id in a burst is TOO_FREQUENT; 7 s after the last accepted one it passes', async () => {
  const claim = device();
  for (let count = 0; count < 3; count++) {
    assert.equal(await resultOf(claim), RegisterPkResult.OK);
  }
  const last = performance.now();
  assert.equal(await resultOf(claim), RegisterPkResult.TOO_FREQUENT);
  // Trying on all the time does not prolong the refusal.
  const isAccepted = async (): Promise<boolean> => (await resultOf(claim)) === RegisterPkResult.OK;
  await until(isAccepted, { timeoutMs: 12_000, everyMs: 100, what: 'the end of the window' });
  assert.ok(performance.now() - last > 6_000, 'the window is more than 6 full seconds');
});

test('a device that asks to stay off lists is stored as such', async () => {
  const claim = device({ noRegisterDevice: true });
  await client.claim(claim);
  assert.equal((await identities.get(claim.id))?.listed, false);
});

test('two claims of one new id with different uuids: exactly one wins', async () => {
  for (let round = 0; round < 50; round++) {
    const first = device({ id: `race-${String(round)}` });
    const second = { ...first, uuid: randomBytes(16), pk: randomBytes(32) };
    const answers = await Promise.all([client.claim(first), client.claim(second)]);
    const winners = answers.filter(({ result }) => result === RegisterPkResult.OK);
    assert.equal(winners.length, 1);
    const stored = await identities.get(first.id);
    assert.deepEqual(winners[0]?.identity, stored);
    const winner = answers[0]?.result === RegisterPkResult.OK ? first : second;
    assert.deepEqual([stored?.uuid, stored?.pk], [winner.uuid, winner.pk]);
  }
});

test('a disabled device is refused without losing its id, and comes back', async () => {
  const claim = device();
  await client.claim(claim);
  assert.deepEqual(await client.setDisabled(claim.id, true), { found: true });
  assert.equal(await resultOf(claim), RegisterPkResult.NOT_DEPLOYED);
  await client.setDisabled(claim.id, false);
  assert.equal(await resultOf(claim), RegisterPkResult.OK);
  assert.deepEqual(await client.setDisabled('no-such-id', true), { found: false });
});

test('a removed id is free again', async () => {
  const claim = device();
  await client.claim(claim);
  assert.deepEqual(await client.remove(claim.id), { found: true });
  assert.equal(await identities.get(claim.id), undefined);
  assert.equal(await resultOf(device({ id: claim.id })), RegisterPkResult.OK);
});

test('[P63] a storage failure is answered SERVER_ERROR', async () => {
  await redis.config('SET', 'maxmemory', '1');
  try {
    const claim = device();
    assert.equal(await resultOf(claim), RegisterPkResult.SERVER_ERROR);
    assert.equal(await redis.exists(keys.identity(claim.id)), 0);
  } finally {
    await redis.config('SET', 'maxmemory', '0');
  }
  assert.equal(await resultOf(device()), RegisterPkResult.OK);
});

test('payloads that are no calls are answered, not fatal', async () => {
  const nonsense = { ...device(), ip: 7 } as unknown as ClaimRequest;
  assert.equal(await resultOf(nonsense), RegisterPkResult.SERVER_ERROR);
  assert.equal(await resultOf(device()), RegisterPkResult.OK);
});

test('10,000 claims of 5,000 ids by two rivals each leave every id with one whole owner', async () => {
  await redis.flushall();
  const rivals = Array.from({ length: 10_000 }, (_, index) =>
    device({ id: `many-${String(index >> 1)}`, ip: `10.${index % 50}.0.1` }),
  );
  const results: number[] = new Array<number>(rivals.length).fill(-1);
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let index = next++; index < rivals.length; index = next++) {
      const rival = rivals[index];
      if (rival) results[index] = await resultOf(rival);
    }
  };
  await Promise.all(Array.from({ length: 200 }, worker));
  for (let pair = 0; pair < rivals.length; pair += 2) {
    const wins = [results[pair], results[pair + 1]].map((result) => result === RegisterPkResult.OK);
    assert.equal(wins.filter(Boolean).length, 1, `id ${String(pair >> 1)}`);
    const winner = wins[0] === true ? rivals[pair] : rivals[pair + 1];
    const stored = await identities.get(winner?.id ?? '');
    assert.deepEqual([stored?.uuid, stored?.pk], [winner?.uuid, winner?.pk]);
  }
});
