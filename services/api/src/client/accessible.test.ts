import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { it } from 'node:test';
import { UserStore } from '../store/user-store.js';
import { DeviceStore } from '../store/device-store.js';
import type { DeviceTable } from '../store/device-tables.js';
import { onEveryDatabase } from '../testing/databases.js';
import type { Caller } from '../testing/caller.js';
import type { TestApi } from '../testing/test-api.js';
import { useApi } from '../testing/use-api.js';

async function group(api: TestApi, table: 'user_groups' | 'device_groups'): Promise<string> {
  const guid = randomUUID();
  const row = { guid, name: guid, name_key: guid, note: '', created_at: 0 };
  if (table === 'user_groups') await api.db.insertInto(table).values(row).execute();
  else
    await api.db
      .insertInto(table)
      .values({ ...row, strategy_guid: null })
      .execute();
  return guid;
}

/** A device that belongs to this owner and group. */
async function deviceOf(api: TestApi, belongs: Partial<DeviceTable>): Promise<string> {
  const { id } = await api.device({ hostname: 'host', os: 'ubuntu / Linux', username: 'u' });
  const row = await api.part(DeviceStore).byId(id);
  await api.part(DeviceStore).update(row?.guid ?? '', belongs);
  return id;
}

async function list(caller: Caller, path: string): Promise<Record<string, unknown>[]> {
  const { status, json } = await caller.get(`${path}?current=1&pageSize=100&accessible=&status=1`);
  assert.equal(status, 200);
  const { total, data } = json as { total: number; data: Record<string, unknown>[] };
  assert.equal(total, data.length);
  return data;
}

async function ids(caller: Caller): Promise<unknown[]> {
  return (await list(caller, '/api/peers')).map(({ id }) => id);
}

onEveryDatabase('accessible devices', (database) => {
  const api = useApi(database, { unassignedDevices: 'deny' });

  it('[A76] are exactly those that ownership, groups and grants allow', async () => {
    const [mine, theirs, devices, others] = [
      await group(api(), 'user_groups'),
      await group(api(), 'user_groups'),
      await group(api(), 'device_groups'),
      await group(api(), 'device_groups'),
    ];
    const { user, caller } = await api().signIn({ groupGuid: mine });
    const mate = await api().addUser({ groupGuid: mine });
    const stranger = await api().addUser({ groupGuid: theirs });
    const own = await deviceOf(api(), { owner_guid: user.guid });
    const ofMate = await deviceOf(api(), { owner_guid: mate.guid });
    const ofStranger = await deviceOf(api(), { owner_guid: stranger.guid });
    const inGroup = await deviceOf(api(), { device_group_guid: devices });
    await deviceOf(api(), { device_group_guid: others });
    await deviceOf(api(), {});
    await deviceOf(api(), { owner_guid: user.guid, disabled: 1 });
    assert.deepEqual(await ids(caller), [own, ofMate].sort());
    const grant = async (from: string, kind: 'user' | 'user-group', to: string): Promise<void> => {
      const to_kind = to === theirs ? ('user-group' as const) : ('device-group' as const);
      const row = { from_kind: kind, from_guid: from, to_kind, to_guid: to };
      await api().db.insertInto('access_grants').values(row).execute();
    };
    await grant(mine, 'user-group', theirs);
    assert.deepEqual(await ids(caller), [own, ofMate, ofStranger].sort());
    await grant(user.guid, 'user', devices);
    assert.deepEqual(await ids(caller), [own, ofMate, ofStranger, inGroup].sort());
    await api().part(UserStore).update(stranger.guid, { status: 0 });
    assert.deepEqual(await ids(caller), [own, ofMate, inGroup].sort(), 'the owner is disabled');
    const [seen] = (await list(caller, '/api/peers')).filter(({ id }) => id === own);
    assert.deepEqual(seen, {
      id: own,
      info: { device_name: 'host', os: 'ubuntu / Linux', username: 'u' },
      status: 1,
      user: user.guid,
      user_name: user.name,
      device_group_name: '',
      note: '',
    });
  });

  it('[A74] lists users for everybody: the caller and whom he may see, nobody disabled', async () => {
    const mine = await group(api(), 'user_groups');
    const { user, caller } = await api().signIn({ groupGuid: mine, email: 'me@example.org' });
    const mate = await api().addUser({ groupGuid: mine, email: 'x@example.org', note: 'secret' });
    const gone = await api().addUser({ groupGuid: mine });
    await api().part(UserStore).update(gone.guid, { status: 0 });
    await api().addUser();
    const seen = await list(caller, '/api/users');
    assert.deepEqual(seen.map(({ name }) => name).sort(), [user.name, mate.name].sort());
    for (const one of seen) {
      assert.deepEqual([one['email'], one['note'], one['is_admin']], ['', '', false]);
    }
  });

  it('[A77] lists the device groups that the caller may access', async () => {
    const { user, caller } = await api().signIn();
    const guid = await group(api(), 'device_groups');
    assert.deepEqual(await list(caller, '/api/device-group/accessible'), []);
    const to = { to_kind: 'device-group' as const, to_guid: guid };
    const row = { from_kind: 'user' as const, from_guid: user.guid, ...to };
    await api().db.insertInto('access_grants').values(row).execute();
    assert.deepEqual(await list(caller, '/api/device-group/accessible'), [{ name: guid }]);
  });

  it('shows administrators everything', async () => {
    const id = await deviceOf(api(), {});
    const { caller } = await api().signIn({ isAdmin: true });
    assert.ok((await ids(caller)).includes(id));
  });
});

onEveryDatabase('accessible devices where nobody owns any', (database) => {
  const api = useApi(database);

  it('are those without owner and group', async () => {
    const free = await deviceOf(api(), {});
    await deviceOf(api(), { device_group_guid: await group(api(), 'device_groups') });
    const { caller } = await api().signIn();
    assert.deepEqual(await ids(caller), [free]);
  });
});

onEveryDatabase('accessible devices switched off', (database) => {
  const api = useApi(database, { accessibleDevices: false });

  it('[A78] all say that they are disabled', async () => {
    const { caller } = await api().signIn();
    for (const path of ['/api/peers', '/api/users', '/api/device-group/accessible']) {
      const { json } = await caller.get(`${path}?current=1&pageSize=100&accessible=`);
      assert.match((json as { error: string }).error, /disabled/);
    }
  });
});
