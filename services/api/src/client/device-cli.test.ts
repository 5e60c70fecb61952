import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { after, before, it } from 'node:test';
import { Stack } from '@waystation/testkit';
import { AddressBooks } from '../books/address-books.js';
import { DeviceStore } from '../store/device-store.js';
import { onEveryDatabase } from '../testing/databases.js';
import { TestApi } from '../testing/test-api.js';
import { useApi } from '../testing/use-api.js';

onEveryDatabase('the command line of devices', (database) => {
  const api = useApi(database);

  it('[A91] assigns what a token with the right may, and nothing for anybody else', async () => {
    const { id, uuid } = await api().register();
    const user = await api().addUser();
    const { caller, owner } = await api().apiToken({ devices: 'rw', address_books: 'rw' });
    const book = await api()
      .part(AddressBooks)
      .create(owner, { name: 'Servers', note: '', password: '' });
    const body = {
      ...{ id, uuid, user_name: user.name, note: 'rack 4', device_name: 'db1' },
      ...{ address_book_name: 'Servers', address_book_alias: 'db', address_book_password: 'pw' },
    };
    const readOnly = (await api().apiToken({ devices: 'r' })).caller;
    const login = (await api().signIn({ isAdmin: true })).caller;
    assert.equal((await readOnly.post('/api/devices/cli', body)).status, 403);
    assert.equal((await login.post('/api/devices/cli', body)).status, 401);
    const answer = await caller.post('/api/devices/cli', body);
    assert.equal(answer.status, 200);
    assert.equal(answer.bytes.length, 0, answer.text);
    const device = await api().part(DeviceStore).byId(id);
    assert.deepEqual([device?.owner_guid, device?.note], [user.guid, 'rack 4']);
    const listed = await caller.get(`/api/ab/peers?ab=${book}`);
    const [entry] = (listed.json as { data: Record<string, unknown>[] }).data;
    assert.deepEqual([entry?.['id'], entry?.['alias'], entry?.['password']], [id, 'db', 'pw']);
  });

  it('[A92] changes nothing when a name is unknown, and says which', async () => {
    const { id, uuid } = await api().device();
    const user = await api().addUser();
    const { caller } = await api().apiToken({ devices: 'rw' });
    const before = await api().part(DeviceStore).byId(id);
    for (const field of [
      'user_name',
      'strategy_name',
      'device_group_name',
      'address_book_name',
    ] as const) {
      const body = { id, uuid, user_name: user.name, note: 'x', [field]: 'nobody' };
      const { status, json } = await caller.post('/api/devices/cli', body);
      assert.equal(status, 200);
      assert.match((json as { error: string }).error, /nobody/);
    }
    const wrong = { id, uuid: 'Zm9yZ2Vk', user_name: user.name };
    const { json } = await caller.post('/api/devices/cli', wrong);
    assert.match((json as { error: string }).error, /not registered/);
    assert.deepEqual(await api().part(DeviceStore).byId(id), before);
  });

  it('[A104] keeps API tokens and logins apart, and only a hash of either', async () => {
    const { caller, token } = await api().apiToken({ users: 'rw', address_books: 'rw' });
    assert.equal((await caller.post('/api/currentUser')).status, 401);
    assert.equal((await caller.get('/api/ab')).status, 401);
    assert.equal((await caller.get('/api/ab/personal')).status, 200);
    const rows = JSON.stringify(await api().db.selectFrom('api_tokens').selectAll().execute());
    assert.ok(!rows.includes(token));
    await api().db.updateTable('api_tokens').set({ expires_at: 1 }).execute();
    assert.equal((await caller.get('/api/ab/personal')).status, 401);
  });

  it('[A93] says NOT_ENABLED where devices need no deployment', async () => {
    const { caller } = await api().apiToken({ devices: 'rw' });
    const { json } = await caller.post('/api/devices/deploy', { id: '123456789' });
    assert.deepEqual(json, { result: 'NOT_ENABLED' });
  });
});

onEveryDatabase('deployment', (database) => {
  let api: TestApi;
  const endings = new AsyncDisposableStack();
  before(async () => {
    const stack = await Stack.start({ rendezvous: 0, relay: 0 });
    endings.defer(() => stack.stop());
    const settings = { redisUrl: stack.redis.url, requireDeployment: true };
    api = await TestApi.start(await database.fresh(), settings);
    endings.defer(() => api.stop());
  });
  after(() => endings.disposeAsync());

  it('[A93] makes a device known, once and for its uuid only', async () => {
    const { caller } = await api.apiToken({ devices: 'rw' });
    const deploy = async (body: object): Promise<unknown> =>
      (await caller.post('/api/devices/deploy', body)).json;
    const pk = randomBytes(32).toString('base64');
    const device = { id: '123456789', uuid: Buffer.from(randomUUID()).toString('base64'), pk };
    assert.deepEqual(await deploy(device), { result: 'OK' });
    assert.deepEqual(await deploy(device), { result: 'OK' });
    assert.deepEqual(await deploy({ ...device, uuid: 'b3RoZXI=' }), { result: 'ID_TAKEN' });
    for (const wrong of [{ id: 'a b' }, { uuid: '' }, { uuid: '%' }, { pk: 'eA==' }, { pk: 1 }]) {
      assert.deepEqual(await deploy({ ...device, ...wrong }), { result: 'INVALID_INPUT' });
    }
    const { id, uuid } = device;
    const sysinfo = await api.caller().post('/api/sysinfo', { id, uuid, hostname: 'h' });
    assert.equal(sysinfo.text, 'SYSINFO_UPDATED');
  });
});
