import assert from 'node:assert/strict';
import { it } from 'node:test';
import { ControlRoles, type RoleBits } from '@waystation/state';
import { until } from '@waystation/testkit';
import type { Caller } from '../testing/caller.js';
import { onEveryDatabase } from '../testing/databases.js';
import { useApi } from '../testing/use-api.js';

const PATH = '/api/v1/control-roles';
/** Keyboard on, file and terminal off (api 4.4). */
const RULES = { keyboard: 'allow', file: 'deny', terminal: 'deny' };
const NO_FILES = 4162n;

onEveryDatabase('control roles', (database) => {
  const api = useApi(database);

  const operator = async (): Promise<Caller> => (await api().signIn({ isAdmin: true })).caller;

  async function add(admin: Caller, role: object): Promise<string> {
    const { status, json } = await admin.post(PATH, role);
    assert.equal(status, 200, JSON.stringify(json));
    return String((json as { guid: unknown }).guid);
  }

  /** Waits until the rendezvous is told what the check wants. */
  async function published(what: string, check: (roles: RoleBits) => boolean): Promise<RoleBits> {
    const read = async (): Promise<RoleBits | undefined> => {
      const roles = await api().part(ControlRoles).read();
      return check(roles) ? roles : undefined;
    };
    return until(read, { timeoutMs: 15_000, everyMs: 100, what });
  }

  it('are made, listed in pages, changed and deleted, and every change is in the audit', async () => {
    const admin = await operator();
    const guid = await add(admin, { name: 'Page B', permissions: RULES });
    await add(admin, { name: 'Page A' });
    const list = await admin.get(`${PATH}?name=page%25&current=2&pageSize=1`);
    const role = { guid, applies_to: 'assigned', enabled: true, permissions: RULES };
    assert.deepEqual(list.json, { total: 2, data: [{ ...role, name: 'Page B' }] });
    const change = { name: 'Page C', permissions: { audio: 'deny' }, enabled: false };
    assert.equal((await admin.patch(`${PATH}/${guid}`, change)).status, 200);
    assert.deepEqual((await admin.get(`${PATH}/${guid}`)).json, { ...role, ...change });
    assert.equal((await admin.delete(`${PATH}/${guid}`)).status, 200);
    for (const answer of [
      await admin.get(`${PATH}/${guid}`),
      await admin.patch(`${PATH}/${guid}`, { enabled: true }),
      await admin.delete(`${PATH}/${guid}`),
      await admin.post(`${PATH}/assign`, { role: guid, users: [] }),
    ]) {
      assert.equal(answer.status, 404);
    }
    const noted = await api().db.selectFrom('audit_console').select('operation').execute();
    for (const wanted of [115, 116, 117]) assert.ok(noted.some((one) => one.operation === wanted));
  });

  it('refuse a name that is taken, unknown permissions and a second role for the same callers', async () => {
    const admin = await operator();
    const name = 'Refused';
    const guid = await add(admin, { name, applies_to: 'not-logged' });
    const bad: [object, number][] = [
      [{ name: '  ' }, 400],
      [{ name: 'REFUSED' }, 409],
      [{ name: 'Second', applies_to: 'not-logged' }, 409],
      [{ name: 'Other', applies_to: 'everybody' }, 400],
      [{ name: 'Other', permissions: { files: 'deny' } }, 400],
      [{ name: 'Other', permissions: { file: true } }, 400],
    ];
    for (const [body, status] of bad) {
      assert.equal((await admin.post(PATH, body)).status, status, JSON.stringify(body));
    }
    const { user } = await api().signIn();
    const wrong = await admin.post(`${PATH}/assign`, { role: guid, users: [user.guid] });
    assert.equal(wrong.status, 400);
    const other = await add(admin, { name: 'Free' });
    assert.equal((await admin.patch(`${PATH}/${other}`, { name })).status, 409);
    assert.equal((await admin.delete(`${PATH}/${guid}`)).status, 200);
  });

  it('are told to the rendezvous without ACCESS_RULES: of users, of all others, of nobody', async () => {
    const admin = await operator();
    const { user } = await api().signIn();
    const guid = await add(admin, { name: 'No files', permissions: RULES });
    const other = { name: 'Default', applies_to: 'default', permissions: { audio: 'deny' } };
    const nobody = {
      name: 'Not Logged',
      applies_to: 'not-logged',
      permissions: { camera: 'deny' },
    };
    const common = [await add(admin, other), await add(admin, nobody)];
    await admin.post(`${PATH}/assign`, { role: guid, users: [user.guid] });
    const roles = await published('a role', ({ users }) => users.get(user.guid) === NO_FILES);
    assert.deepEqual([roles.default, roles.notLogged], [1n << 8n, 1n << 10n]);
    const { json } = await admin.get(`/api/users?name=${user.name}`);
    const [listed] = (json as { data: { control_role: string }[] }).data;
    assert.equal(listed?.control_role, guid);
    await admin.patch(`${PATH}/${guid}`, { enabled: false });
    await published('a disabled role', ({ users }) => users.get(user.guid) === 0n);
    await admin.patch(`${PATH}/${guid}`, { enabled: true, permissions: { file: 'allow' } });
    await published('other permissions', ({ users }) => users.get(user.guid) === 128n);
    await admin.post(`${PATH}/assign`, { users: [user.guid] });
    await published('a role taken away', ({ users }) => !users.has(user.guid));
    await admin.post(`${PATH}/assign`, { role: guid, users: [user.guid] });
    await published('a role given again', ({ users }) => users.has(user.guid));
    for (const one of [guid, ...common]) await admin.delete(`${PATH}/${one}`);
    await published(
      'no role at all',
      (roles) => roles.default === 0n && roles.notLogged === 0n && roles.users.size === 0,
    );
  });

  it('are told again after Redis has lost them', async () => {
    const admin = await operator();
    const other = { name: 'Kept', applies_to: 'default', permissions: RULES };
    const guid = await add(admin, other);
    await published('the role', (roles) => roles.default === NO_FILES);
    await api().redis.del('control-roles');
    await published('the role again', (roles) => roles.default === NO_FILES);
    await admin.delete(`${PATH}/${guid}`);
  });
});
