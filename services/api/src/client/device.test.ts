import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { it } from 'node:test';
import { UpdateQueryNode, type KyselyPlugin } from 'kysely';
import { LastSeen } from '../devices/last-seen.js';
import { ConnAuditStore } from '../store/conn-audit-store.js';
import { DeviceStore } from '../store/device-store.js';
import { DisconnectStore } from '../store/disconnect-store.js';
import { onEveryDatabase } from '../testing/databases.js';
import { TestApi, type TestDevice } from '../testing/test-api.js';
import { useApi } from '../testing/use-api.js';

interface Beat {
  sysinfo?: unknown;
  disconnect?: number[];
  modified_at?: number;
  strategy?: { config_options: Record<string, unknown>; extra: object };
}

async function beat(api: TestApi, device: TestDevice, more: object = {}): Promise<Beat> {
  const { id, uuid } = device;
  const body = { id, uuid, ver: 1_004_090, modified_at: 0, ...more };
  const answer = await api.caller().post('/api/heartbeat', body);
  assert.equal(answer.status, 200);
  return answer.json as Beat;
}

async function strategy(api: TestApi, options: object, enabled: 0 | 1 = 1): Promise<string> {
  const guid = randomUUID();
  const row = { guid, name: guid, name_key: guid, enabled, modified_at: Date.now() };
  const values = { ...row, options: JSON.stringify(options) };
  await api.db.insertInto('strategies').values(values).execute();
  return guid;
}

async function stored(api: TestApi, { id }: TestDevice) {
  const device = await api.part(DeviceStore).byId(id);
  assert.ok(device !== undefined);
  return device;
}

onEveryDatabase('devices', (database) => {
  const api = useApi(database);

  it('[A39] answers heartbeats of unknown devices and of the oldest clients with 200', async () => {
    const known = await api().device();
    const bodies = [
      { id: '1', ver: 1 },
      { id: known.id, ver: 1_002_000, modified_at: 0 },
      { id: 'nobody', uuid: 'eA==', ver: 1, conns: [1] },
      { id: known.id, uuid: 'eA==', modified_at: 'x', conns: ['a', 1.5] },
      {},
      [],
    ];
    for (const body of bodies) {
      const answer = await api().caller().post('/api/heartbeat', body);
      assert.equal(answer.status, 200);
      assert.ok(['{}', '{"sysinfo":true}'].includes(answer.text), answer.text);
    }
  });

  it('[A40] asks for sysinfo only while it has none', async () => {
    const device = await api().register();
    assert.equal('sysinfo' in (await beat(api(), device)), true);
    const { id, uuid } = device;
    await api().caller().post('/api/sysinfo', { id, uuid, hostname: 'h' });
    assert.deepEqual(await beat(api(), device), {});
  });

  it('[A41] [A42] answers sysinfo with the exact words clients compare', async () => {
    const { id, uuid } = await api().register();
    const first = await api().caller().post('/api/sysinfo', { id, uuid, cpu: '8/4 cores' });
    assert.deepEqual(first.bytes, Buffer.from('SYSINFO_UPDATED'));
    const strangers = [{ id: '424242424', uuid }, { id: 'x'.repeat(300), uuid }, {}];
    for (const body of strangers) {
      const answer = await api().caller().post('/api/sysinfo', body);
      assert.deepEqual(answer.bytes, Buffer.from('ID_NOT_FOUND'));
      assert.equal(answer.status, 200);
    }
  });

  it('[A43] changes nothing for a sysinfo with another uuid', async () => {
    const device = await api().device({ hostname: 'true-name' });
    const body = { id: device.id, uuid: 'Zm9yZ2Vk', hostname: 'forged' };
    const answer = await api().caller().post('/api/sysinfo', body);
    assert.notEqual(answer.text, 'SYSINFO_UPDATED');
    const row = await stored(api(), device);
    assert.equal(row.hostname, 'true-name');
    assert.equal(row.uuid, device.uuid);
  });

  it('gives a new machine of an old id nothing that belonged to the old one', async () => {
    const { user } = await api().signIn();
    const old = await api().device();
    const { guid } = await stored(api(), old);
    await api().part(DeviceStore).assign(guid, { owner_guid: user.guid });
    const { id, uuid } = await api().register(old.id);
    const answer = await api().caller().post('/api/sysinfo', { id, uuid, hostname: 'new' });
    assert.equal(answer.text, 'SYSINFO_UPDATED');
    const row = await stored(api(), old);
    assert.deepEqual([row.uuid, row.owner_guid, row.hostname], [uuid, null, 'new']);
    const late = { id, uuid: old.uuid, hostname: 'old' };
    assert.equal((await api().caller().post('/api/sysinfo', late)).text, 'UUID_MISMATCH');
  });

  it('answers sysinfo with a word that is none while Redis is away, and complains of few', async (t) => {
    const lone = await TestApi.start(await database.fresh());
    t.after(() => lone.stop());
    await lone.redisServer.kill();
    const send = (n: number) => lone.caller().post('/api/sysinfo', { id: `10000${n}`, uuid: 'x' });
    const startMs = performance.now();
    const answers = await Promise.all(Array.from({ length: 200 }, (_, n) => send(n)));
    const most = 20 * (Math.ceil((performance.now() - startMs) / 10_000) + 1);
    assert.deepEqual(new Set(answers.map(({ text }) => text)), new Set(['TRY_LATER']));
    const complaints = lone.logged.filter((line) => line.startsWith('cannot ask who'));
    assert.ok(complaints.length > 0 && complaints.length <= most, `${complaints.length}`);
  });

  it('[A44] takes a sysinfo without a user name and keeps what it does not name', async () => {
    const device = await api().device({ hostname: 'host', username: 'alice', version: '1.4.8' });
    const { id, uuid } = device;
    const body = { id, uuid, hostname: 'host', version: '1.4.9', future: { x: 1 } };
    const answer = await api().caller().post('/api/sysinfo', body);
    assert.equal(answer.text, 'SYSINFO_UPDATED');
    const row = await stored(api(), device);
    assert.equal(row.username, 'alice');
    assert.equal(row.version, '1.4.9');
  });

  it('[A46] answers sysinfo_ver with the same text every time', async () => {
    const answers = [1, 2].map(() => api().caller().post('/api/sysinfo_ver'));
    assert.deepEqual(
      (await Promise.all(answers)).map(({ text }) => text),
      ['1', '1'],
    );
  });

  it('[A47] says nothing of strategies where there never was one', async () => {
    const device = await api().device();
    for (const modified_at of [0, 1_700_000_000]) {
      assert.deepEqual(await beat(api(), device, { modified_at }), {});
    }
  });

  it('[A48] [A49] sends a strategy until the device has its timestamp, all values as text', async () => {
    const device = await api().device();
    const { guid } = await stored(api(), device);
    const options = { 'enable-audio': 'N', 'direct-access-port': 21118, whitelist: true };
    await api()
      .part(DeviceStore)
      .assign(guid, { strategy_guid: await strategy(api(), options) });
    const first = await beat(api(), device);
    assert.deepEqual(first.strategy, {
      config_options: { 'enable-audio': 'N', 'direct-access-port': '21118', whitelist: 'true' },
      extra: {},
    });
    assert.ok(Number.isSafeInteger(first.modified_at));
    assert.deepEqual(await beat(api(), device), first, 'again while it is not confirmed');
    assert.deepEqual(await beat(api(), device, { modified_at: first.modified_at }), {});
  });

  it('[A50] ranks device before user before group, and a strategy that is off sends nothing', async () => {
    const { user, caller } = await api().signIn();
    assert.ok(caller);
    const device = await api().device();
    const { guid } = await stored(api(), device);
    const [group, owner, own, off] = [
      await strategy(api(), { from: 'group' }),
      await strategy(api(), { from: 'user' }),
      await strategy(api(), { from: 'device' }),
      await strategy(api(), { from: 'nowhere' }, 0),
    ];
    const groupGuid = randomUUID();
    const named = { guid: groupGuid, name: groupGuid, name_key: groupGuid, note: '' };
    const groupRow = { ...named, strategy_guid: group, created_at: 0 };
    await api().db.insertInto('device_groups').values(groupRow).execute();
    const from = async (): Promise<unknown> =>
      (await beat(api(), device)).strategy?.config_options['from'];
    const devices = api().part(DeviceStore);
    await devices.assign(guid, { device_group_guid: groupGuid });
    assert.equal(await from(), 'group');
    await api().db.updateTable('users').set({ strategy_guid: owner }).execute();
    await devices.assign(guid, { owner_guid: user.guid });
    assert.equal(await from(), 'user');
    await devices.assign(guid, { strategy_guid: own });
    assert.equal(await from(), 'device');
    await devices.assign(guid, { strategy_guid: off });
    assert.equal(await from(), '', 'cleared, and no fall back to the user');
  });

  it('[A51] gives each assignment a new timestamp and clears what the last one set, once', async () => {
    const device = await api().device();
    const { guid } = await stored(api(), device);
    const devices = api().part(DeviceStore);
    await devices.assign(guid, { strategy_guid: await strategy(api(), { a: '1', b: '2' }) });
    const first = await beat(api(), device);
    await devices.assign(guid, { strategy_guid: await strategy(api(), { b: '3', c: '4' }) });
    const second = await beat(api(), device, { modified_at: first.modified_at });
    assert.notEqual(second.modified_at, first.modified_at);
    assert.deepEqual(second.strategy?.config_options, { a: '', b: '3', c: '4' });
    assert.deepEqual(await beat(api(), device, { modified_at: second.modified_at }), {});
    await devices.assign(guid, { strategy_guid: null });
    const third = await beat(api(), device, { modified_at: second.modified_at });
    assert.notEqual(third.modified_at, second.modified_at);
    assert.deepEqual(third.strategy?.config_options, { b: '', c: '' });
    assert.deepEqual(await beat(api(), device, { modified_at: third.modified_at }), {});
    assert.deepEqual(await beat(api(), device, { modified_at: third.modified_at }), {});
  });

  it('[A52] names a connection to be closed to its device only, until it is gone', async () => {
    const device = await api().device();
    const other = await api().device();
    const { guid } = await stored(api(), device);
    await api().part(DisconnectStore).ask(guid, 4);
    assert.deepEqual(await beat(api(), other, { conns: [4] }), {});
    for (const conns of [
      [3, 4],
      [4, 5],
    ]) {
      assert.deepEqual(await beat(api(), device, { conns }), { disconnect: [4] });
    }
    assert.deepEqual(await beat(api(), device, { conns: [5] }), {});
    assert.deepEqual(await beat(api(), device, { conns: [4] }), {}, 'the number is used again');
  });

  it('[A53] notes a thousand devices as seen with a handful of writes', async () => {
    let updates = 0;
    const counting: KyselyPlugin = {
      transformQuery: ({ node }) => {
        if (UpdateQueryNode.is(node)) updates++;
        return node;
      },
      transformResult: ({ result }) => Promise.resolve(result),
    };
    const db = api().db.withPlugin(counting);
    const quiet = { debug() {}, info() {}, warn() {}, error() {} };
    const seen = new LastSeen(new DeviceStore(db), new ConnAuditStore(db), quiet);
    const device = await api().device();
    const { guid } = await stored(api(), device);
    await api().part(DeviceStore).update(guid, { last_seen_at: 0 });
    for (let number = 0; number < 999; number++) seen.note(`guid-${number}`, String(number), []);
    seen.note(guid, device.id, []);
    await seen.flush();
    assert.ok(updates <= 2, `${updates} statements`);
    assert.ok((await stored(api(), device)).last_seen_at > 0);
  });

  it('writes nothing for a heartbeat of a device that stays as it is', async () => {
    const device = await api().device();
    await beat(api(), device);
    const before = await stored(api(), device);
    for (let times = 0; times < 5; times++) await beat(api(), device);
    assert.deepEqual(await stored(api(), device), before);
  });

  it('gives a device to the user who signed in on it, unless it has an owner', async () => {
    const device = await api().device();
    const first = await api().signIn({}, device);
    await api().signIn({}, device);
    assert.equal((await stored(api(), device)).owner_guid, first.user.guid);
    const early = await api().register();
    const { user } = await api().signIn({}, early);
    await api().caller().post('/api/sysinfo', { id: early.id, uuid: early.uuid });
    assert.equal((await stored(api(), early)).owner_guid, user.guid);
    const foreign = await api().device();
    await api().signIn({}, { ...foreign, uuid: 'Zm9yZ2Vk' });
    assert.equal((await stored(api(), foreign)).owner_guid, null);
  });
});

onEveryDatabase('presets of custom clients', (database) => {
  const believing = useApi(database, { presets: true });

  it('[A45] fill what is empty and never change what is set', async () => {
    const api = believing();
    const [first, second] = [await api.addUser(), await api.addUser()];
    const device = await api.device({ 'preset-user-name': first.name, 'preset-note': 'one' });
    const row = await stored(api, device);
    assert.equal(row.owner_guid, first.guid);
    assert.equal(row.note, 'one');
    const { id, uuid } = device;
    const body = { id, uuid, 'preset-user-name': second.name, 'preset-note': 'two' };
    await api.caller().post('/api/sysinfo', body);
    const after = await stored(api, device);
    assert.equal(after.owner_guid, first.guid);
    assert.equal(after.note, 'one');
  });
});

onEveryDatabase('presets where the operator does not want them', (database) => {
  const doubting = useApi(database);

  it('change nothing', async () => {
    const user = await doubting().addUser();
    const device = await doubting().device({ 'preset-user-name': user.name, 'preset-note': 'x' });
    const row = await stored(doubting(), device);
    assert.equal(row.owner_guid, null);
    assert.equal(row.note, '');
  });
});
