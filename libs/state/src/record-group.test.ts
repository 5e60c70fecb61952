import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keys } from './keys.js';
import { RecordGroup } from './record-group.js';
import { ownRedis } from './testing/own-redis.js';

const { redis } = await ownRedis();

async function add(...numbers: number[]): Promise<void> {
  for (const number of numbers) {
    await redis.xadd(keys.sessions, '*', 'record', JSON.stringify({ number }));
  }
}

function numbersOf(entries: readonly { readonly record: unknown }[]): unknown[] {
  return entries.map(({ record }) => (record as { number: unknown }).number);
}

test('two readers divide the entries; what one leaves undone the other takes over', async () => {
  const [one, two] = ['one', 'two'].map(
    (name) => new RecordGroup(redis, keys.sessions, 'readers', name, 0),
  );
  assert.ok(one !== undefined && two !== undefined);
  await add(1, 2, 3, 4);
  assert.deepEqual(numbersOf(await one.read(2)), [1, 2]);
  const rest = await two.read(10);
  assert.deepEqual(numbersOf(rest), [3, 4]);
  await two.acknowledge(rest);
  assert.deepEqual(numbersOf(await one.read(10)), [1, 2], 'not acknowledged, so read again');
  const left = await two.takeOver(10);
  assert.deepEqual(numbersOf(left), [1, 2]);
  await two.acknowledge(left);
  assert.deepEqual(await one.read(10), []);
  await one.leave();
  await two.leave();
  assert.deepEqual(await redis.xinfo('CONSUMERS', keys.sessions, 'readers'), []);
});

test('a reader that owes something is not taken out', async () => {
  const reader = new RecordGroup(redis, keys.sessions, 'readers', 'three');
  await add(5);
  assert.deepEqual(numbersOf(await reader.read(10)), [5]);
  await reader.leave();
  assert.deepEqual(numbersOf(await reader.read(10)), [5]);
});

test('the group is made again when Redis has lost it', async () => {
  const reader = new RecordGroup(redis, keys.attempts, 'readers', 'four');
  assert.deepEqual(await reader.read(10), []);
  await redis.flushall();
  await redis.xadd(keys.attempts, '*', 'record', '{"number":6}');
  await redis.xadd(keys.attempts, '*', 'other', 'field');
  assert.deepEqual(await reader.read(10), []);
  const entries = await reader.read(10);
  assert.deepEqual(
    entries.map(({ record }) => record),
    [{ number: 6 }, undefined],
  );
});
