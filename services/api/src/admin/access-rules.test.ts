import assert from 'node:assert/strict';
import { it } from 'node:test';
import { AccessRules, mayConnect } from '@waystation/state';
import { until } from '@waystation/testkit';
import { AccessSnapshotStore } from '../store/access-snapshot-store.js';
import { DeviceStore } from '../store/device-store.js';
import type { DeviceTable } from '../store/device-tables.js';
import { UserStore } from '../store/user-store.js';
import type { Caller } from '../testing/caller.js';
import { onEveryDatabase } from '../testing/databases.js';
import { useApi } from '../testing/use-api.js';

const PATH = '/api/v1/access-rules';

type Json = Record<string, unknown>;

onEveryDatabase('access rules', (database) => {
  const api = useApi(database, { accessRules: true });
  const open = useApi(database, { accessRules: false });

  const operator = async (): Promise<Caller> => (await api().signIn({ isAdmin: true })).caller;

  async function group(admin: Caller, kind: 'user' | 'device', name: string): Promise<string> {
    const { json, text } = await admin.post(`/api/${kind}-groups`, { name });
    assert.equal(typeof (json as Json)['guid'], 'string', text);
    return String((json as Json)['guid']);
  }

  async function deviceOf(belongs: Partial<DeviceTable>, of = api()): Promise<string> {
    const { id } = await of.device();
    const row = await of.part(DeviceStore).byId(id);
    await of.part(DeviceStore).update(row?.guid ?? '', belongs);
    return id;
  }

  it('are added, listed by whom they name, replaced and deleted, and all of it is noted', async () => {
    const admin = await operator();
    await group(admin, 'user', 'Crew');
    await group(admin, 'device', 'Tills');
    await group(admin, 'device', 'Kiosks');
    const { name } = await api().addUser();
    const crew = { from_kind: 'user-group', from: 'crew', to_kind: 'device-group', to: 'Tills' };
    const one = { from_kind: 'user', from: name, to_kind: 'user-group', to: 'Crew' };
    const { guid } = (await admin.post(PATH, crew)).json as { guid: string };
    assert.equal((await admin.post(PATH, crew)).status, 409);
    assert.equal((await admin.post(PATH, one)).status, 200);
    const list = await admin.get(`${PATH}?from=CR%25&current=1&pageSize=10`);
    assert.deepEqual(list.json, { total: 1, data: [{ guid, ...crew, from: 'Crew' }] });
    const all = (await admin.get(`${PATH}?current=2&pageSize=1`)).json as Json;
    assert.equal(all['total'], 2);
    assert.equal((all['data'] as Json[]).length, 1);
    const put = await admin.put(`${PATH}/${guid}`, { ...crew, to: 'Kiosks' });
    const next = (put.json as { guid: string }).guid;
    assert.notEqual(next, guid);
    assert.equal((await admin.delete(`${PATH}/${guid}`)).status, 404);
    assert.equal((await admin.delete(`${PATH}/${next}`)).status, 200);
    assert.equal((await admin.delete(`${PATH}/nonsense`)).status, 404);
    for (const wrong of [{ from: 'nobody' }, { to: 'nothing' }, { from_kind: 'device' }]) {
      assert.equal((await admin.post(PATH, { ...crew, ...wrong })).status, 400);
    }
    const noted = await api().db.selectFrom('audit_console').select('operation').execute();
    for (const wanted of [119, 120, 121]) assert.ok(noted.some((one) => one.operation === wanted));
  });

  it('are for administrators and tokens of the scope', async () => {
    const { caller } = await api().signIn();
    const reader = (await api().apiToken({ groups: 'r' })).caller;
    assert.equal((await caller.get(PATH)).status, 403);
    assert.equal((await caller.get(`${PATH}/explain?device=1`)).status, 403);
    assert.equal((await reader.get(PATH)).status, 200);
    assert.equal((await reader.post(PATH, {})).status, 403);
  });

  it('explain every decision, and decide as the rendezvous does', async () => {
    const admin = await operator();
    const [ours, theirs] = [
      await group(admin, 'user', 'Ours'),
      await group(admin, 'user', 'Theirs'),
    ];
    const [near, far] = [await group(admin, 'device', 'Near'), await group(admin, 'device', 'Far')];
    const me = await api().addUser({ name: 'asker', groupGuid: ours });
    const boss = await api().addUser({ name: 'boss', isAdmin: true });
    const gone = await api().addUser({ name: 'gone', groupGuid: ours });
    const mate = await api().addUser({ name: 'mate', groupGuid: ours });
    const other = await api().addUser({ name: 'other', groupGuid: theirs });
    await api().part(UserStore).update(gone.guid, { status: 0 });
    const rule = { from_kind: 'user-group', from: 'Ours', to_kind: 'device-group', to: 'Near' };
    await admin.post(PATH, rule);
    const expected = new Map([
      [await deviceOf({}), [true, 'neither owner nor group']],
      [await deviceOf({ owner_guid: me.guid }), [true, 'asker owns the device']],
      [await deviceOf({ owner_guid: mate.guid }), [true, 'in the same group, Ours']],
      [await deviceOf({ owner_guid: other.guid }), [false, 'No rule lets asker']],
      [await deviceOf({ owner_guid: gone.guid }), [false, 'gone, is disabled']],
      [
        await deviceOf({ device_group_guid: near }),
        [true, 'user group Ours may reach device group Near'],
      ],
      [await deviceOf({ device_group_guid: far }), [false, 'No rule lets asker']],
    ] as const);
    for (const [id, [allowed, reason]] of expected) {
      const told = (await admin.get(`${PATH}/explain?user=asker&device=${id}`)).json as Json;
      assert.equal(told['allowed'], allowed, JSON.stringify(told));
      assert.ok(String(told['reason']).includes(reason), JSON.stringify(told));
    }
    const rules = api().part(AccessRules);
    const newest = await api().part(AccessSnapshotStore).revision();
    await until(async () => (await rules.revision()).startsWith(`${newest} `), {
      timeoutMs: 15_000,
      what: 'the newest rules at the rendezvous',
    });
    for (const id of expected.keys()) {
      for (const [name, guid] of [
        ['', ''],
        ...[me, boss, gone, mate, other].map((one) => [one.name, one.guid]),
      ] as [string, string][]) {
        const told = (await admin.get(`${PATH}/explain?user=${name}&device=${id}`)).json as Json;
        assert.equal(
          told['allowed'],
          mayConnect(guid, await rules.find(guid, id)),
          `${name} ${id}`,
        );
      }
    }
  });

  it('explain what is unknown or disabled, that rules are off, and which control role comes along', async () => {
    const admin = (await open().signIn({ isAdmin: true })).caller;
    const { name, guid } = await open().addUser();
    const foreign = await open().addUser();
    const id = await deviceOf({ owner_guid: foreign.guid }, open());
    const role = { name: 'Look', permissions: { keyboard: 'deny' } };
    const made = (await admin.post('/api/v1/control-roles', role)).json as Json;
    await admin.post('/api/v1/control-roles/assign', { role: made['guid'], users: [guid] });
    const told = (await admin.get(`${PATH}/explain?user=${name}&device=${id}`)).json as Json;
    assert.deepEqual([told['allowed'], told['enforced']], [true, false]);
    assert.match(String(told['reason']), /not in force.*would deny it/);
    assert.deepEqual(told['control_role'], { ...role, enabled: true });
    await deviceDisabled(id);
    const shut = (await admin.get(`${PATH}/explain?device=${id}`)).json as Json;
    assert.deepEqual([shut['allowed'], shut['reason']], [false, 'The device is disabled']);
    assert.equal((await admin.get(`${PATH}/explain?user=nobody&device=${id}`)).status, 404);
    assert.equal((await admin.get(`${PATH}/explain?device=1`)).status, 404);
    assert.equal((await admin.get(`${PATH}/explain`)).status, 400);
  });

  async function deviceDisabled(id: string): Promise<void> {
    const row = await open().part(DeviceStore).byId(id);
    await open()
      .part(DeviceStore)
      .update(row?.guid ?? '', { disabled: 1 });
  }
});
