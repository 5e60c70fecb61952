import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, beforeEach, test } from 'node:test';
import { RegistryClient, type ClaimRequest } from '@waystation/bus';
import { closeRedis, openRedis, redisReady } from '@waystation/state';
import { startRedis, type RedisServer } from '@waystation/testkit';
import { RegisterPkResult, signingKeyPairFromSeed } from '@waystation/wire';
import { runRegistry } from './testing/running-registry.js';

const KEY = signingKeyPairFromSeed(Buffer.alloc(32, 7)).secretKey.toString('base64');
const { OK, TOO_FREQUENT, UUID_MISMATCH } = RegisterPkResult;
/** Thousands of claims at once may take long on a busy machine. */
const PATIENCE_MS = 60_000;

let server: RedisServer;
let redis: ReturnType<typeof openRedis>;
const endings = new AsyncDisposableStack();
let serial = 0;

before(async () => {
  server = await startRedis();
  endings.defer(() => server.stop());
  redis = openRedis(server.url, 'test');
  endings.defer(() => closeRedis(redis));
  await redisReady(redis);
});

beforeEach(async () => {
  await redis.flushall();
});

after(() => endings.disposeAsync());

function device(ip = '198.51.100.23'): ClaimRequest {
  const id = `device-${String(serial++)}`;
  return { id, uuid: randomBytes(16), pk: randomBytes(32), ip, noRegisterDevice: false };
}

async function withLimits(
  limits: Record<string, string>,
  use: (result: (claim: ClaimRequest) => Promise<number>) => Promise<void>,
): Promise<void> {
  const registry = await runRegistry({ REDIS_URL: server.url, KEY, ...limits });
  const client = new RegistryClient(server.url, { timeoutMs: PATIENCE_MS });
  try {
    await use(async (claim) => (await client.claim(claim)).result);
  } finally {
    await client.stop();
    await registry.stop();
  }
}

test("[P60] with upstream's number the 33rd RegisterPk from one IP within 60 s is TOO_FREQUENT", async () => {
  await withLimits({ LIMIT_REGISTRATIONS_PER_MINUTE: '32' }, async (result) => {
    // 16 devices, two registrations each: new ids and known ones count alike.
    const devices = Array.from({ length: 16 }, () => device());
    for (const claim of [...devices, ...devices]) assert.equal(await result(claim), OK);
    assert.equal(await result(device()), TOO_FREQUENT);
    assert.equal(await result(device()), TOO_FREQUENT);
    assert.equal(await result(device('203.0.113.9')), OK);
  });
});

test("[P61] with upstream's number new ids are TOO_FREQUENT after 302 from one IP in a day, known ids pass", async () => {
  await withLimits({ LIMIT_NEW_IDS_PER_DAY: '302' }, async (result) => {
    const devices = Array.from({ length: 302 }, () => device());
    for (const claim of devices) assert.equal(await result(claim), OK);
    assert.equal(await result(device()), TOO_FREQUENT);
    for (const claim of devices) assert.equal(await result(claim), OK);
    assert.equal(await result(device()), TOO_FREQUENT);
    assert.equal(await result(device('203.0.113.9')), OK);
  });
});

test('by default 5,000 known devices of one office register again, and new ids are limited', async () => {
  await withLimits({}, async (result) => {
    const known = Array.from({ length: 5_000 }, () => device());
    const seeds = known.map((claim, index) => ({ ...claim, ip: `10.0.${index % 200}.1` }));
    await inParallel(seeds, async (claim) => {
      assert.equal(await result(claim), OK);
    });
    // The whole office has got another public address.
    await inParallel(known, async (claim) => {
      assert.equal(await result(claim), OK);
    });
    const results = new Map<number, number>();
    const invented = Array.from({ length: 1_600 }, () => device('203.0.113.9'));
    await inParallel(invented, async (claim) => {
      const answer = await result(claim);
      results.set(answer, (results.get(answer) ?? 0) + 1);
    });
    assert.deepEqual([results.get(OK), results.get(TOO_FREQUENT)], [1_500, 100]);
  });
});

test('failures count like new ids; what is refused does not prolong the refusal', async () => {
  await withLimits({ LIMIT_NEW_IDS_PER_MINUTE: '5' }, async (result) => {
    const victim = device('203.0.113.9');
    assert.equal(await result(victim), OK);
    const thief = { ...device(), id: victim.id };
    for (let tries = 0; tries < 5; tries++) assert.equal(await result(thief), UUID_MISMATCH);
    assert.equal(await result(thief), TOO_FREQUENT);
    assert.equal(await redis.get('registrations:new-minute:198.51.100.23'), '5');
    const lifeMs = await redis.pttl('registrations:new-minute:198.51.100.23');
    assert.ok(lifeMs > 0 && lifeMs <= 60_000);
    assert.equal(await result(victim), OK);
  });
});

test('IPv6 addresses of one /64 count together', async () => {
  await withLimits({ LIMIT_NEW_IDS_PER_MINUTE: '2' }, async (result) => {
    assert.equal(await result(device('2001:db8:1:2::1')), OK);
    assert.equal(await result(device('2001:db8:1:2:ffff::9')), OK);
    assert.equal(await result(device('2001:db8:1:2:3::7')), TOO_FREQUENT);
    assert.equal(await result(device('2001:db8:1:3::1')), OK);
  });
});

test('a limit on everybody caps new ids from many addresses', async () => {
  await withLimits({ LIMIT_NEW_IDS_PER_MINUTE_OVERALL: '10' }, async (result) => {
    for (let index = 0; index < 10; index++) {
      assert.equal(await result(device(`203.0.113.${String(index)}`)), OK);
    }
    assert.equal(await result(device('203.0.113.77')), TOO_FREQUENT);
  });
});

async function inParallel<T>(items: readonly T[], use: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items];
  const worker = async (): Promise<void> => {
    for (let item = queue.pop(); item !== undefined; item = queue.pop()) await use(item);
  };
  await Promise.all(Array.from({ length: 100 }, worker));
}
