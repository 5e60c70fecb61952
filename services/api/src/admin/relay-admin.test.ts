import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { Events, type BusEvents } from '@waystation/bus';
import { CloseOrders, RelaySettings } from '@waystation/state';
import { until } from '@waystation/testkit';
import type { Caller } from '../testing/caller.js';
import { onEveryDatabase } from '../testing/databases.js';
import { useApi } from '../testing/use-api.js';

const PATH = '/api/v1/relay-settings';

onEveryDatabase('what administrators tell all relays', (database) => {
  const api = useApi(database);
  let events: Events;
  let admin: Caller;
  let changes = 0;
  const closed: BusEvents['closeSession'][] = [];

  before(async () => {
    events = new Events(api().redisServer.url);
    events.on('relaySettingsChanged', () => (changes += 1));
    events.on('closeSession', (event) => closed.push(event));
    await events.start();
    admin = (await api().signIn({ isAdmin: true, name: 'ann' })).caller;
  });
  after(() => events.stop());

  /** The newest entries of the audit, as kind, operation and subject. */
  async function audited(count: number): Promise<unknown[]> {
    const { json } = await admin.get('/api/audits/console?operator=ann&pageSize=100');
    const { data } = json as { data: Record<string, unknown>[] };
    return data.slice(0, count).map(({ typ, iop }) => [typ, iop]);
  }

  it('is for administrators who are signed in', async () => {
    const { caller } = await api().signIn();
    const script = (await api().apiToken({ devices: 'rw' })).caller;
    assert.equal((await api().caller().get(PATH)).status, 401);
    assert.equal((await script.get(PATH)).status, 401);
    for (const one of [
      caller.get(PATH),
      caller.post(`${PATH}/blocklist`, { networks: ['192.0.2.1'] }),
      caller.post('/api/v1/relay-sessions/close', { uuid: 'u' }),
    ]) {
      assert.equal((await one).status, 403);
    }
  });

  it('lists and unlists networks, tells the relays and writes it down', async () => {
    const networks = [' 10.1.2.3/8', '2001:DB8::1', '192.0.2.1'];
    const added = await admin.post(`${PATH}/blocklist`, { networks, note: 'scans' });
    assert.equal(added.status, 200, added.text);
    assert.equal((await admin.post(`${PATH}/blacklist`, { networks: ['192.0.2.2'] })).status, 200);
    const gone = await admin.delete(`${PATH}/blocklist`, { networks: ['192.0.2.1/32'] });
    assert.equal(gone.status, 200, gone.text);
    const shown = (await admin.get(PATH)).json as Record<string, Record<string, unknown>[]>;
    assert.deepEqual(shown['blocklist']?.map(({ network }) => network).sort(), [
      '10.0.0.0/8',
      '2001:db8::1',
    ]);
    assert.ok(
      shown['blocklist'].every(({ note, operator }) => note === 'scans' && operator === 'ann'),
    );
    assert.equal(shown['blacklist']?.length, 1);
    const { blocklist } = await new RelaySettings(api().redis).read();
    assert.equal(blocklist.length, 2);
    await until(() => changes >= 3, { what: 'three broadcasts' });
    assert.deepEqual(await audited(3), [
      [100, 101],
      [100, 100],
      [100, 100],
    ]);
  });

  it('refuses what is no network, everybody, and other lists', async () => {
    for (const networks of [['10.0.0.0/33'], ['example.org'], [], 'x', ['0.0.0.0/0'], ['::/0']]) {
      assert.equal((await admin.post(`${PATH}/blocklist`, { networks })).status, 400);
    }
    assert.equal((await admin.post(`${PATH}/greylist`, { networks: ['::1'] })).status, 400);
  });

  it('sets bandwidth in the units of the settings and gives it back to them', async () => {
    const set = { single_bandwidth: 16, downgrade_start_check: 60, downgrade_threshold: 0.5 };
    assert.equal((await admin.patch(`${PATH}/bandwidth`, set)).status, 200);
    assert.equal(
      (await admin.patch(`${PATH}/bandwidth`, { downgrade_threshold: null })).status,
      200,
    );
    const { bandwidth } = (await admin.get(PATH)).json as { bandwidth: object };
    assert.deepEqual(bandwidth, {
      single_bandwidth: 16,
      total_bandwidth: null,
      limit_speed: null,
      downgrade_threshold: null,
      downgrade_start_check: 60,
    });
    const { numbers } = await new RelaySettings(api().redis).read();
    assert.deepEqual(numbers, { singleBandwidthMbit: 16, downgradeStartCheckMs: 60_000 });
    for (const wrong of [{}, { single_bandwidth: 0 }, { limit_speed: '4' }, { other: 1 }]) {
      assert.equal((await admin.patch(`${PATH}/bandwidth`, wrong)).status, 400);
    }
  });

  it('closes sessions by what is known of them', async () => {
    const close = (body: object) => admin.post('/api/v1/relay-sessions/close', body);
    assert.equal((await close({})).status, 400);
    assert.equal((await close({ devices: ['1', '2', '3'] })).status, 400);
    assert.equal((await close({ devices: ['1', '2'] })).status, 200);
    assert.equal((await close({ attempt: 'a' })).status, 200);
    await until(() => closed.length === 2, { what: 'two events' });
    assert.deepEqual(closed[0], { devices: ['1', '2'], reason: 'closed by ann' });
    const kept = (await new CloseOrders(api().redis).after('')).map(({ order }) => order);
    assert.deepEqual(kept, closed);
    assert.deepEqual(await audited(1), [[100, 103]]);
  });
});
