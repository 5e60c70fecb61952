import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keys } from './keys.js';
import { MOST_RELAY_SETTINGS, RelaySettings, TooManyRelaySettings } from './relay-settings.js';
import { ownRedis } from './testing/own-redis.js';

const BY = { note: 'scans ports', operator: 'ann' };

const { redis } = await ownRedis();
const settings = new RelaySettings(redis);

test('nothing is set at first', async () => {
  const nothing = { revision: '', blacklist: [], blocklist: [], numbers: {} };
  assert.deepEqual(await settings.read(), nothing);
  assert.equal(await settings.revision(), '');
});

test('networks come on a list and go, each with who put it there, and the revision is always new', async () => {
  await settings.list('blocklist', ['203.0.113.9', '2001:db8::/32'], BY);
  await settings.list('blacklist', ['203.0.113.9'], { note: '', operator: 'bob' });
  const { blocklist, blacklist, revision } = await settings.read();
  assert.deepEqual(blocklist.map(({ network }) => network).sort(), [
    '2001:db8::/32',
    '203.0.113.9',
  ]);
  assert.ok(blocklist.every(({ note, operator }) => note === 'scans ports' && operator === 'ann'));
  assert.equal(blacklist[0]?.operator, 'bob');
  assert.equal(await settings.revision(), revision);
  await settings.unlist('blocklist', ['203.0.113.9', '198.51.100.1']);
  const after = await settings.read();
  assert.deepEqual(
    after.blocklist.map(({ network }) => network),
    ['2001:db8::/32'],
  );
  assert.equal(after.blacklist.length, 1);
  assert.notEqual(after.revision, revision);
});

test('numbers are set one by one and given back', async () => {
  await settings.setNumbers({ singleBandwidthMbit: 16, downgradeThreshold: 0.5 });
  await settings.setNumbers({ singleBandwidthMbit: null, limitSpeedMbit: 4 });
  const { numbers } = await settings.read();
  assert.deepEqual(numbers, { downgradeThreshold: 0.5, limitSpeedMbit: 4 });
});

test('a list that would grow too long stays as it is; shrinking and renewing are always possible', async () => {
  const many = (from: number): string[] =>
    Array.from({ length: MOST_RELAY_SETTINGS / 2 }, (_, i) => {
      const n = from + i;
      return `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`;
    });
  await settings.list('blocklist', many(0), BY);
  await assert.rejects(
    settings.list('blacklist', many(0).concat('192.0.2.1'), BY),
    TooManyRelaySettings,
  );
  assert.equal((await settings.read()).blacklist.length, 0);
  await settings.list('blacklist', many(0).slice(1), BY);
  await settings.list('blacklist', many(0).slice(1), { ...BY, note: 'again' });
  await settings.unlist('blacklist', many(0));
  assert.equal((await settings.read()).blocklist.length, MOST_RELAY_SETTINGS / 2);
});

test('what was written by hand counts as far as it can be read', async () => {
  const fields = {
    'blocklist 10.1.2.3/8': 'my neighbour',
    'blocklist nonsense': '{}',
    'number singleBandwidthMbit': 'fast',
    'number totalBandwidthMbit': '-1',
    'number somethingElse': '1',
  };
  await redis.hset(keys.relaySettings, fields);
  const { blocklist, numbers } = await settings.read();
  assert.deepEqual(blocklist, [{ network: '10.0.0.0/8', note: '', operator: '', since: 0 }]);
  assert.deepEqual(numbers, {});
});
