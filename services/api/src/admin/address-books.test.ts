import assert from 'node:assert/strict';
import { it } from 'node:test';
import { onEveryDatabase } from '../testing/databases.js';
import { useApi } from '../testing/use-api.js';

const PATH = '/api/v1/address-books';

type Json = Record<string, unknown>;

onEveryDatabase('shared address books of everybody', (database) => {
  const api = useApi(database);

  it('are listed to operators without what is in them, and given to somebody else', async () => {
    const { user, caller } = await api().signIn();
    const { user: boss, caller: admin } = await api().signIn({ isAdmin: true });
    const added = await caller.post('/api/ab/shared/add', { name: 'Branches', note: 'n' });
    const { guid } = added.json as { guid: string };
    const secret = { id: '123', password: 'in clear' };
    assert.equal((await caller.post(`/api/ab/peer/add/${guid}`, secret)).status, 200);
    assert.equal(
      (await caller.post('/api/ab/rule', { guid, rule: 1, user: user.name })).status,
      200,
    );
    const listed = await admin.get(`${PATH}?name=bran%25&owner=${user.name}`);
    const book = {
      guid,
      name: 'Branches',
      note: 'n',
      owner: user.name,
      peers: 1,
      rules: 1,
      right: 0,
    };
    assert.deepEqual(listed.json, { total: 1, data: [book] });
    assert.equal((await caller.get(PATH)).status, 403);
    assert.equal((await admin.get(`/api/ab/rules?ab=${guid}`)).status, 404);
    const give = `${PATH}/${guid}/owner`;
    assert.equal((await admin.put(give, { user: 'nobody' })).status, 400);
    assert.equal((await admin.put(`${PATH}/x/owner`, { user: boss.name })).status, 404);
    assert.equal((await admin.put(give, { user: boss.name })).status, 200);
    assert.equal((await admin.get(`/api/ab/rules?ab=${guid}`)).status, 200);
    const noted = await api().db.selectFrom('audit_console').select('operation').execute();
    assert.ok(noted.some(({ operation }) => operation === 122));
  });

  it('are never personal ones', async () => {
    const { caller } = await api().signIn();
    const { user: boss, caller: admin } = await api().signIn({ isAdmin: true });
    const { guid } = (await caller.post('/api/ab/personal')).json as { guid: string };
    const { data } = (await admin.get(PATH)).json as { data: Json[] };
    assert.ok(data.every((book) => book['guid'] !== guid));
    assert.equal((await admin.put(`${PATH}/${guid}/owner`, { user: boss.name })).status, 404);
  });
});
