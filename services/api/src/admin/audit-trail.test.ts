import assert from 'node:assert/strict';
import { it } from 'node:test';
import { onEveryDatabase } from '../testing/databases.js';
import { useApi } from '../testing/use-api.js';
import { operationName } from './console-audit.js';

interface Entry {
  readonly operator: string;
  readonly iop: number;
  readonly subject: string;
  readonly subject_name: string;
  readonly ip: string;
}

onEveryDatabase('the audit of what operators do', (database) => {
  const api = useApi(database);

  it('holds every change once, with who, what and from where', async () => {
    const { user, caller } = await api().signIn({ isAdmin: true, name: 'ann' });
    const device = await api().device();
    const other = await api().addUser();
    const guidOf = ({ json }: { json: unknown }): string => (json as { guid: string }).guid;
    const strategy = guidOf(await caller.post('/api/strategies', { name: 's1', options: {} }));
    await caller.put(`/api/strategies/${strategy}/status`, false);
    await caller.post('/api/strategies/assign', { strategy, users: [other.guid] });
    const scopes = { devices: 'r' };
    const token = guidOf(await caller.post('/api/v1/tokens', { name: 'script', scopes }));
    await caller.delete(`/api/v1/tokens/${token}`);
    const group = guidOf(await caller.post('/api/device-groups', { name: 'g1' }));
    await caller.post(`/api/device-groups/${group}`, [device.id]);
    await caller.delete(`/api/device-groups/${group}/devices`, [device.id]);
    const book = guidOf(await caller.post('/api/ab/shared/add', { name: 'b1' }));
    await caller.post('/api/ab/rule', { guid: book, rule: 1, user: other.name });
    await caller.post('/api/users/force-logout', { user_guids: [other.guid] });
    await caller.get('/api/v1/export/devices');
    // what is refused has changed nothing
    await caller.post('/api/strategies', { name: 's1', options: {} });
    const { json } = await caller.get('/api/audits/console?operator=ann&sort=created_at&order=asc');
    const { data } = json as { data: readonly Entry[] };
    assert.deepEqual(
      data.map(({ iop }) => operationName(iop)),
      [
        ...['addStrategy', 'switchStrategy', 'assignStrategy', 'addToken', 'deleteToken'],
        ...['addGroup', 'addMembers', 'removeMembers', 'addBook', 'addRule', 'endLogins'],
        'exportList',
      ],
    );
    assert.deepEqual(new Set(data.map(({ ip }) => ip)), new Set(['127.0.0.1']));
    const subjectOf = (name: string): string =>
      data.find(({ iop }) => operationName(iop) === name)?.subject ?? '';
    assert.equal(subjectOf('addStrategy'), `${strategy} s1`);
    assert.equal(subjectOf('assignStrategy'), `${strategy} ${other.guid}`);
    assert.equal(subjectOf('addMembers'), `${group} ${device.id}`);
    assert.equal(subjectOf('addToken'), `${token} script`);
    assert.equal(user.name, 'ann');
    const nameOf = (name: string): string =>
      data.find(({ iop }) => operationName(iop) === name)?.subject_name ?? '';
    assert.equal(nameOf('addStrategy'), 's1');
    assert.equal(nameOf('assignStrategy'), `s1, ${other.name}`);
    assert.equal(nameOf('addToken'), 'script');
    assert.equal(nameOf('endLogins'), other.name);
  });

  it('names what was acted on as it was called then, also when it is gone', async () => {
    const { caller } = await api().signIn({ isAdmin: true, name: 'bob' });
    const device = await api().device();
    await api()
      .caller()
      .post('/api/sysinfo', { ...device, hostname: 'till-3' });
    const row = await api()
      .db.selectFrom('devices')
      .select('guid')
      .where('id', '=', device.id)
      .executeTakeFirstOrThrow();
    const carl = await api().addUser({ name: 'carl' });
    const add = async (path: string, name: string): Promise<string> =>
      ((await caller.post(path, { name })).json as { guid: string }).guid;
    const group = await add('/api/device-groups', 'Tills');
    await caller.patch(`/api/device-groups/${group}`, { name: 'Old tills' });
    await caller.post(`/api/device-groups/${group}`, [device.id]);
    const rule = { from_kind: 'user', from: 'carl', to_kind: 'device-group', to: 'Old tills' };
    await caller.post('/api/v1/access-rules', rule);
    await caller.delete(`/api/device-groups/${group}`);
    const strategy = await add('/api/strategies', 'Locked');
    await caller.post('/api/strategies/assign', { strategy, peers: [row.guid] });
    await caller.delete(`/api/strategies/${strategy}`);
    const role = await add('/api/v1/control-roles', 'Readers');
    await caller.delete(`/api/v1/control-roles/${role}`);
    const book = await add('/api/ab/shared/add', 'Branches');
    const shared = await caller.post('/api/ab/rule', { guid: book, rule: 1, user: 'carl' });
    await caller.delete('/api/ab/rules', [(shared.json as { guid: string }).guid]);
    await caller.delete('/api/ab/shared', [book]);
    await caller.delete(`/api/users/${carl.guid}`);
    await api()
      .db.updateTable('devices')
      .set({ disabled: 1, device_name: 'Till <3>' })
      .where('guid', '=', row.guid)
      .execute();
    await caller.post('/api/users/force-logout', { user_guids: [carl.guid] });
    const path = '/api/audits/console?operator=bob&sort=created_at&order=asc';
    const { data } = (await caller.get(path)).json as { data: readonly Entry[] };
    assert.deepEqual(
      data.map(({ iop, subject_name }) => [operationName(iop), subject_name]),
      [
        ['addGroup', 'Tills'],
        ['updateGroup', 'Tills'],
        ['addMembers', `Old tills, till-3 (${device.id})`],
        ['addAccessRule', 'user carl → device-group Old tills'],
        ['deleteGroups', 'Old tills'],
        ['addStrategy', 'Locked'],
        ['assignStrategy', `Locked, till-3 (${device.id})`],
        ['deleteStrategy', 'Locked'],
        ['addControlRole', 'Readers'],
        ['deleteControlRole', 'Readers'],
        ['addBook', 'Branches'],
        ['addRule', 'book Branches → user carl'],
        ['deleteRule', 'book Branches → user carl'],
        ['deleteBook', 'Branches'],
        ['deleteUser', 'carl'],
        // nobody by then: what the call said
        ['endLogins', carl.guid],
      ],
    );
    const found = await caller.get('/api/audits/console?subject=%25OLD tills%25'.replace(' ', '+'));
    assert.equal((found.json as { total: number }).total, 3);
    const file = await caller.get('/api/v1/export/audit-console?operator=bob');
    assert.match(file.text, /^at,operator,subject_kind,operation,subject,subject_name,ip,guid/);
    assert.match(file.text, new RegExp(`,deleteGroups,${group},Old tills,`));
  });
});
