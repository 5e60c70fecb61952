import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Identities } from './identities.js';
import { type ClaimOutcome, type IdentityClaim, IdentityWriter } from './identity-writer.js';
import { keys } from './keys.js';
import { ownRedis } from './testing/own-redis.js';

const { redis } = await ownRedis();

function claimOf(id: string, uuid: string, changes: Partial<IdentityClaim> = {}): IdentityClaim {
  return {
    id,
    uuid: Buffer.from(uuid),
    pk: Buffer.alloc(32, uuid),
    ip: '198.51.100.23',
    listed: true,
    guid: uuid.padEnd(32, '0'),
    signed: Buffer.from(`signed ${uuid}`),
    mustSign: true,
    ...changes,
  };
}

test('of twenty claims of one id with different uuids exactly one wins', async () => {
  const writer = new IdentityWriter(redis);
  const uuids = Array.from({ length: 20 }, (_, index) => `uuid-${String(index)}`);
  const outcomes = await Promise.all(uuids.map((uuid) => writer.claim(claimOf('one', uuid))));
  const expected: ClaimOutcome[] = [
    'created',
    ...uuids.slice(1).map(() => 'uuid-mismatch' as const),
  ];
  assert.deepEqual(outcomes.sort(), expected.sort());
});

test('a new pk is not stored without its signature where signatures are made', async () => {
  const writer = new IdentityWriter(redis);
  const unsigned = { signed: Buffer.alloc(0) };
  assert.equal(await writer.claim(claimOf('one', 'u', unsigned)), 'unsigned');
  assert.equal(await redis.exists(keys.identity('one'), keys.claims('one')), 0);
  assert.equal(
    await writer.claim(claimOf('one', 'u', { ...unsigned, mustSign: false })),
    'created',
  );
});

test('all identities are listed, those of odd names too', async () => {
  const writer = new IdentityWriter(redis);
  const ids = Array.from({ length: 1_200 }, (_, index) => `listed-${String(index)}`);
  ids.push('with}brace', '{braces}', 'ünïcödé');
  for (const id of ids) await writer.claim(claimOf(id, 'u'));
  const found = new Set<string>();
  for await (const batch of new Identities(redis).all()) {
    for (const identity of batch) found.add(identity.id);
  }
  assert.deepEqual([...found].sort(), [...ids].sort());
});
