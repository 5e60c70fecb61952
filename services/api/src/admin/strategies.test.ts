import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { TestDevice } from '../testing/test-api.js';
import { onEveryDatabase } from '../testing/databases.js';
import { useApi } from '../testing/use-api.js';

interface Told {
  readonly modified_at?: number;
  readonly strategy?: { readonly config_options: Record<string, string> };
}

onEveryDatabase('deleting a strategy', (database) => {
  const api = useApi(database);

  const beat = async ({ id, uuid }: TestDevice, modified: number): Promise<Told> =>
    (await api().caller().post('/api/heartbeat', { id, uuid, ver: 1, modified_at: modified }))
      .json as Told;

  it('reaches the devices that had it, in any way, with their next heartbeat', async () => {
    const { caller } = await api().apiToken({ strategies: 'rw', groups: 'rw', devices: 'rw' });
    const add = async (path: string, body: object): Promise<string> =>
      ((await caller.post(path, body)).json as { guid: string }).guid;
    const doomed = await add('/api/strategies', {
      name: 'doomed',
      options: { 'enable-audio': 'N', 'enable-tunnel': 'N' },
    });
    const next = await add('/api/strategies', { name: 'next', options: { 'enable-audio': 'Y' } });
    const [own, owned, grouped, both, other] = [
      ...[await api().device(), await api().device(), await api().device()],
      ...[await api().device(), await api().device()],
    ] as [TestDevice, TestDevice, TestDevice, TestDevice, TestDevice];
    const user = await api().addUser();
    const group = await add('/api/device-groups', { name: 'grouped' });
    const second = await add('/api/device-groups', { name: 'second' });
    await caller.post(`/api/device-groups/${group}`, [grouped.id]);
    await caller.post(`/api/device-groups/${second}`, [both.id]);
    const guidOf = async ({ id }: TestDevice): Promise<string> =>
      (
        await api()
          .db.selectFrom('devices')
          .select('guid')
          .where('id', '=', id)
          .executeTakeFirstOrThrow()
      ).guid;
    await caller.post(`/api/devices/${await guidOf(owned)}/assign`, {
      ...{ type: 'user_name', value: user.name },
    });
    await caller.post('/api/strategies/assign', {
      ...{ strategy: doomed, users: [user.guid], groups: [group] },
      peers: [await guidOf(own), await guidOf(both)],
    });
    await caller.post('/api/strategies/assign', {
      ...{ strategy: next, groups: [second], peers: [await guidOf(other)] },
    });
    const had = new Map<TestDevice, number>();
    for (const device of [own, owned, grouped, both, other]) {
      const { modified_at = 0 } = await beat(device, 0);
      assert.notEqual(modified_at, 0);
      assert.deepEqual(await beat(device, modified_at), {});
      had.set(device, modified_at);
    }
    assert.equal((await caller.delete(`/api/strategies/${doomed}`)).status, 200);
    assert.equal((await caller.delete(`/api/strategies/${doomed}`)).status, 404);
    assert.equal((await caller.get(`/api/strategies/${doomed}`)).status, 404);
    for (const device of [own, owned, grouped]) {
      const { strategy, modified_at = 0 } = await beat(device, had.get(device) ?? 0);
      const cleared = { 'enable-audio': '', 'enable-tunnel': '' };
      assert.deepEqual(strategy?.config_options, cleared);
      assert.deepEqual(await beat(device, modified_at), {});
    }
    const fallen = await beat(both, had.get(both) ?? 0);
    const options = { 'enable-audio': 'Y', 'enable-tunnel': '' };
    assert.deepEqual(fallen.strategy?.config_options, options);
    assert.deepEqual(await beat(other, had.get(other) ?? 0), {});
    assert.equal((await caller.post('/api/strategies', { name: 'doomed' })).status, 200);
  });

  it('takes the scope', async () => {
    const { caller } = await api().apiToken({ strategies: 'r' });
    assert.equal((await caller.delete('/api/strategies/x')).status, 403);
  });
});
