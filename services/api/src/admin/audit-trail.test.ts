import assert from 'node:assert/strict';
import { it } from 'node:test';
import { onEveryDatabase } from '../testing/databases.js';
import { useApi } from '../testing/use-api.js';
import { operationName } from './console-audit.js';

interface Entry {
  readonly operator: string;
  readonly iop: number;
  readonly subject: string;
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
  });
});
