import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import { Events, RegistryClient, type BusEvents } from '@waystation/bus';
import { closeRedis, Identities, keys, openRedis, redisReady } from '@waystation/state';
import { startRedis, until } from '@waystation/testkit';
import { decodeIdPk, openSigned, RegisterPkResult, signingKeyPairFromSeed } from '@waystation/wire';
import { runRegistry } from './testing/running-registry.js';

const pair = signingKeyPairFromSeed(Buffer.alloc(32, 7));
const KEY = pair.secretKey.toString('base64');
const ip = '198.51.100.23';
const endings = new AsyncDisposableStack();
const heard: BusEvents['identityChanged'][] = [];
let client: RegistryClient;
let redis: ReturnType<typeof openRedis>;
let identities: Identities;

before(async () => {
  const server = await startRedis();
  endings.defer(() => server.stop());
  const registry = await runRegistry({ REDIS_URL: server.url, KEY });
  endings.defer(() => registry.stop());
  client = new RegistryClient(server.url);
  endings.defer(() => client.stop());
  redis = openRedis(server.url, 'test');
  endings.defer(() => closeRedis(redis));
  await redisReady(redis);
  identities = new Identities(redis);
  const events = new Events(server.url);
  endings.defer(() => events.stop());
  events.on('identityChanged', (event) => heard.push(event));
  await events.start();
});

after(() => endings.disposeAsync());

async function owner(id: string): Promise<{ uuid: Buffer; pk: Buffer }> {
  const uuid = randomBytes(16);
  const pk = randomBytes(32);
  const { result } = await client.claim({ id, uuid, pk, ip, noRegisterDevice: false });
  assert.equal(result, RegisterPkResult.OK);
  return { uuid, pk };
}

test('[P72] a wished id with the right uuid renames the record and keeps guid, uuid and pk', async () => {
  const { uuid, pk } = await owner('111222333');
  const before = await identities.get('111222333');
  await redis.hset(keys.presence('111222333'), { replica: 'r', ip });
  const { result } = await client.rename({ oldId: '111222333', id: 'reception', uuid, ip });
  assert.equal(result, RegisterPkResult.OK);
  const renamed = await identities.get('reception');
  assert.ok(renamed && before);
  assert.deepEqual([renamed.guid, renamed.uuid, renamed.pk], [before.guid, uuid, pk]);
  assert.equal(renamed.renamedFrom, '111222333');
  const opened = openSigned(renamed.signed, pair.publicKey);
  assert.ok(opened);
  assert.deepEqual(decodeIdPk(opened), { id: 'reception', pk });
  assert.equal(await identities.get('111222333'), undefined);
  assert.equal(await redis.exists(keys.presence('111222333')), 0);
  const told = { id: '111222333', change: 'renamed', newId: 'reception' };
  await until(() => heard.some((event) => JSON.stringify(event) === JSON.stringify(told)));
});

test('[P72] an id that another device has is ID_EXISTS; asking again for the own one is OK', async () => {
  const { uuid } = await owner('222333444');
  const other = await owner('taken-id');
  const wish = { oldId: '222333444', id: 'taken-id', uuid, ip };
  assert.equal((await client.rename(wish)).result, RegisterPkResult.ID_EXISTS);
  assert.deepEqual((await identities.get('taken-id'))?.uuid, other.uuid);
  const again = { oldId: '222333444', id: 'taken-id', uuid: other.uuid, ip };
  assert.equal((await client.rename(again)).result, RegisterPkResult.OK);
  assert.ok(await identities.get('222333444'));
});

test('[P72] wishes of the wrong form are INVALID_ID_FORMAT', async () => {
  const { uuid } = await owner('333444555');
  const wrong = [
    'short',
    '1startsWithDigit',
    'a'.repeat(17),
    'dotted.name',
    'spaced name',
    'größer',
  ];
  for (const id of [...wrong, '']) {
    const { result } = await client.rename({ oldId: '333444555', id, uuid, ip });
    assert.equal(result, RegisterPkResult.INVALID_ID_FORMAT, id);
  }
  const { result } = await client.rename({ oldId: '', id: 'good-name', uuid, ip });
  assert.equal(result, RegisterPkResult.INVALID_ID_FORMAT);
});

test('[P73] a foreign uuid renames nothing', async () => {
  const { uuid } = await owner('444555666');
  const thief = { oldId: '444555666', id: 'stolen-id', uuid: randomBytes(16), ip };
  assert.equal((await client.rename(thief)).result, RegisterPkResult.UUID_MISMATCH);
  assert.equal(await identities.get('stolen-id'), undefined);
  assert.deepEqual((await identities.get('444555666'))?.uuid, uuid);
  const unknown = { oldId: 'never-seen', id: 'stolen-id', uuid, ip };
  assert.equal((await client.rename(unknown)).result, RegisterPkResult.UUID_MISMATCH);
});

test('two devices wish for one id at the same time: exactly one gets it', async () => {
  for (let round = 0; round < 20; round++) {
    const ids = [`first-${String(round)}`, `second-${String(round)}`];
    const uuids = [(await owner(ids[0] ?? '')).uuid, (await owner(ids[1] ?? '')).uuid];
    const id = `wished-${String(round)}`;
    const answers = await Promise.all(
      ids.map((oldId, index) =>
        client.rename({ oldId, id, uuid: uuids[index] ?? Buffer.alloc(0), ip }),
      ),
    );
    const results = answers.map(({ result }) => result).sort();
    assert.deepEqual(results, [RegisterPkResult.OK, RegisterPkResult.ID_EXISTS]);
    const winner = uuids[answers[0]?.result === RegisterPkResult.OK ? 0 : 1];
    assert.deepEqual((await identities.get(id))?.uuid, winner);
  }
});

test('a pk that was replaced is told to all replicas', async () => {
  const { uuid } = await owner('555666777');
  const claim = { id: '555666777', uuid, pk: randomBytes(32), ip, noRegisterDevice: false };
  await client.claim(claim);
  await until(() => heard.some(({ id, change }) => id === '555666777' && change === 'rekeyed'));
});
