import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { Stack } from '@waystation/testkit';
import { AREAS, type Scopes } from '../accounts/api-tokens.js';
import { stepAt, totpCode } from '../accounts/totp.js';
import { DeviceStore } from '../store/device-store.js';
import { onEveryDatabase } from '../testing/databases.js';
import type { Answer, Caller } from '../testing/caller.js';
import { TestApi } from '../testing/test-api.js';
import { useApi } from '../testing/use-api.js';

const EVERYTHING = Object.fromEntries(AREAS.map((area) => [area, 'rw'])) as Scopes;

async function rows(caller: Caller, path: string): Promise<Record<string, unknown>[]> {
  const { status, json, text } = await caller.get(path);
  assert.equal(status, 200, text);
  return (Array.isArray(json) ? json : (json as { data: unknown }).data) as never;
}

function done(answer: Answer): string {
  assert.equal(answer.status, 200, answer.text);
  return String((answer.json as { guid?: unknown } | undefined)?.guid);
}

onEveryDatabase('what operators call', (database) => {
  const api = useApi(database);

  it('[A75] lists users only to administrators and tokens with the scope', async () => {
    const { caller } = await api().signIn();
    assert.equal((await caller.get('/api/users')).status, 403);
    assert.equal(
      (await (await api().apiToken({ devices: 'rw' })).caller.get('/api/users')).status,
      403,
    );
    const { caller: admin } = await api().signIn({ isAdmin: true });
    const script = (await api().apiToken({ users: 'r' })).caller;
    for (const one of [admin, script]) {
      const listed = await rows(one, '/api/users?current=1&pageSize=50&name=%25');
      assert.ok(listed.some(({ is_admin }) => is_admin === true));
      assert.ok(listed.every((user) => !('password_hash' in user) && !('totp_secret' in user)));
    }
    assert.equal(
      (await script.post('/api/users', { name: 'x', password: 'long enough' })).status,
      403,
    );
  });

  it('manages users: adds, changes, shuts out, lets in, logs out, deletes', async () => {
    const { caller } = await api().apiToken(EVERYTHING);
    done(await caller.post('/api/user-groups', { name: 'Support' }));
    const fields = { name: 'carol', password: 'long enough', group_name: 'Support', email: 'c@x' };
    const guid = done(await caller.post('/api/users', fields));
    assert.equal((await caller.post('/api/users', { ...fields, name: 'CAROL' })).status, 409);
    for (const wrong of [{ password: 'short' }, { name: 'a/b' }, { group_name: 'nobody' }]) {
      assert.equal((await caller.post('/api/users', { ...fields, ...wrong })).status, 400);
    }
    const [seen] = await rows(caller, '/api/users?name=%25AROL&group_name=support');
    assert.deepEqual([seen?.['guid'], seen?.['group_name']], [guid, 'Support']);
    const carol = api().caller(await api().login('carol', 'long enough'));
    done(await caller.post('/api/users/force-logout', { user_guids: [guid] }));
    assert.equal((await carol.post('/api/currentUser')).status, 401);
    const again = api().caller(await api().login('carol', 'long enough'));
    done(await caller.post(`/api/users/${guid}/disable`));
    assert.equal((await again.post('/api/currentUser')).status, 401);
    done(await caller.post(`/api/users/${guid}/enable`));
    done(await caller.patch(`/api/users/${guid}`, { password: 'another one', note: 'n' }));
    const last = api().caller(await api().login('carol', 'another one'));
    done(await caller.delete(`/api/users/${guid}`));
    assert.equal((await last.post('/api/currentUser')).status, 401);
    assert.equal((await caller.delete(`/api/users/${guid}`)).status, 404);
  });

  it('writes down what operators do', async () => {
    const { caller, owner } = await api().apiToken(EVERYTHING);
    done(await caller.post('/api/device-groups', { name: 'Written down' }));
    const [entry] = await rows(caller, `/api/audits/console?operator=${owner.name}`);
    assert.deepEqual([entry?.['typ'], entry?.['iop']], [0, 1]);
  });

  it('shares an address book by rules', async () => {
    const { caller: owner } = await api().signIn();
    const { caller: other, user } = await api().signIn();
    const guid = done(await owner.post('/api/ab/shared/add', { name: 'Team', info: {} }));
    for (const name of ['team', 'My address book', 'LEGACY ADDRESS BOOK', ' ']) {
      const { json } = await owner.post('/api/ab/shared/add', { name });
      assert.equal(typeof (json as { error?: unknown }).error, 'string', name);
    }
    const rule = done(await owner.post('/api/ab/rule', { guid, rule: 1, user: user.name }));
    const profiles = (): Promise<Record<string, unknown>[]> =>
      rows(other, '/api/ab/shared/profiles');
    assert.deepEqual(
      (await profiles()).map((book) => book['rule']),
      [1],
    );
    assert.equal((await other.get(`/api/ab/rules?ab=${guid}`)).status, 403);
    assert.equal((await other.patch('/api/ab/rule', { guid: rule, rule: 3 })).status, 403);
    assert.equal((await other.delete('/api/ab/shared', [guid])).status, 403);
    done(await owner.patch('/api/ab/rule', { guid: rule, rule: 2 }));
    assert.deepEqual(
      (await profiles()).map((book) => book['rule']),
      [2],
    );
    const [listed] = await rows(owner, `/api/ab/rules?ab=${guid}`);
    assert.deepEqual(listed, { guid: rule, rule: 2, user: user.name, group: '' });
    const renamed = { guid, name: 'Crew', info: { password: 'pw' } };
    done(await owner.put('/api/ab/shared/update/profile', renamed));
    assert.deepEqual((await profiles())[0]?.['info'], { password: 'pw' });
    done(await owner.delete('/api/ab/rules', [rule]));
    assert.deepEqual(await profiles(), []);
    done(await owner.delete('/api/ab/shared', [guid]));
    assert.equal((await owner.post(`/api/ab/peers?ab=${guid}`)).status, 404);
  });

  it('[A58] refuses reserved and taken names of address books', async () => {
    const { caller } = await api().signIn();
    done(await caller.post('/api/ab/shared/add', { name: 'Own name' }));
    for (const name of ['My address book', 'Legacy address book', 'Own name']) {
      const { json } = await caller.post('/api/ab/shared/add', { name });
      assert.equal(typeof (json as { error?: unknown }).error, 'string', name);
    }
  });

  it('[A103] switches a strategy with a bare JSON boolean', async () => {
    const { caller } = await api().apiToken(EVERYTHING);
    const options = { 'enable-audio': false, 'access-mode': 'custom' };
    const guid = done(await caller.post('/api/strategies', { name: 'Strict', options }));
    const device = await api().device();
    const peers = [(await api().part(DeviceStore).byId(device.id))?.guid];
    done(await caller.post('/api/strategies/assign', { strategy: guid, peers }));
    const { id, uuid } = device;
    const beat = async (): Promise<string> =>
      (await api().caller().post('/api/heartbeat', { id, uuid, modified_at: 0 })).text;
    assert.match(await beat(), /"enable-audio":"N","access-mode":"custom"/);
    done(await caller.put(`/api/strategies/${guid}/status`, false));
    assert.match(await beat(), /"enable-audio":"","access-mode":""/);
    done(await caller.put(`/api/strategies/${guid}/status`, true));
    assert.match(await beat(), /"enable-audio":"N"/);
    const listed = await rows(caller, '/api/strategies');
    assert.ok(listed.some((one) => one['guid'] === guid && one['name'] === 'Strict'));
    assert.equal((await caller.put('/api/strategies/none/status', true)).status, 404);
    assert.equal((await caller.put(`/api/strategies/${guid}/status`, 'yes')).status, 400);
  });

  it('filters the audit by device, remote, kind and time', async () => {
    const { caller } = await api().apiToken({ audits: 'r' });
    const { id, uuid } = await api().device();
    const post = (body: object) =>
      api()
        .caller()
        .post('/api/audit/conn', { id, uuid, ...body });
    await post({ conn_id: 1, action: 'new', ip: '203.0.113.9' });
    await post({ conn_id: 1, peer: ['987654321', 'alice'], type: 1, session_id: 5 });
    const path = `/api/audits/conn?device=${id}&remote=%25654%25`;
    const [row] = await rows(caller, `${path}&conn_type=1&created_at=2020-01-01 00:00:00.000`);
    assert.deepEqual([row?.['peer_name'], row?.['end_time']], ['alice', null]);
    assert.ok(Number.isInteger(row?.['created_at']));
    assert.deepEqual(await rows(caller, `${path}&conn_type=2`), []);
    assert.deepEqual(await rows(caller, `${path}&created_at=2999-01-01 00:00:00.000`), []);
  });

  it('[A104] makes tokens for administrators only, shows them once and revokes them', async () => {
    const { caller } = await api().signIn();
    const body = { name: 'deploy', scopes: { devices: 'rw', nonsense: 'rw' } };
    assert.equal((await caller.post('/api/v1/tokens', body)).status, 403);
    const { caller: script } = await api().apiToken(EVERYTHING);
    assert.equal((await script.post('/api/v1/tokens', body)).status, 401);
    const { caller: admin } = await api().signIn({ isAdmin: true });
    const made = await admin.post('/api/v1/tokens', body);
    const { guid, token } = made.json as { guid: string; token: string };
    const listed = await admin.get('/api/v1/tokens');
    assert.ok(listed.text.includes(guid) && !listed.text.includes(token));
    const device = api().caller(token);
    assert.equal((await device.get('/api/devices')).status, 200);
    assert.equal((await device.get('/api/audits/conn')).status, 403);
    done(await admin.delete(`/api/v1/tokens/${guid}`));
    assert.equal((await device.get('/api/devices')).status, 401);
  });

  it('lets a user switch the second factor on and off and change the password', async () => {
    const { caller, user } = await api().signIn();
    const begun = (await caller.post('/api/v1/me/totp/begin')).json as Record<string, string>;
    const { secret = '', proof, uri } = begun;
    assert.match(uri ?? '', /^otpauth:\/\/totp\/Waystation:/);
    const code = (ahead: number): string => totpCode(secret, stepAt(Date.now()) + ahead);
    const wrong = await caller.post('/api/v1/me/totp/confirm', { proof, code: '000000' });
    assert.match(wrong.text, /wrong-2fa-code/);
    const { json } = await caller.post('/api/v1/me/totp/confirm', { proof, code: code(-1) });
    const { recovery_codes } = json as { recovery_codes: string[] };
    assert.equal(new Set(recovery_codes).size, 6);
    const body = { username: user.name, password: 'pass word', type: 'account' };
    assert.match((await api().caller().post('/api/login', body)).text, /tfa_check/);
    const [recovery] = recovery_codes;
    done(await caller.post('/api/v1/me/totp/disable', { code: recovery }));
    assert.match((await api().caller().post('/api/login', body)).text, /access_token/);
    const change = { old: 'pass word', new: 'new pass word' };
    done(await caller.post('/api/v1/me/password', change));
    assert.match((await caller.post('/api/v1/me/password', change)).text, /Wrong credentials/);
    assert.equal((await caller.get('/api/v1/me')).status, 200);
  });
});

onEveryDatabase('devices of a running registry', (database) => {
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

  it('are assigned, shut out, let in and deleted there as well', async () => {
    const { caller, owner } = await api.apiToken(EVERYTHING);
    const device = {
      id: '123456789',
      uuid: 'dXVpZA==',
      pk: Buffer.alloc(32, 7).toString('base64'),
    };
    await caller.post('/api/devices/deploy', device);
    const { id, uuid } = device;
    await api.caller().post('/api/sysinfo', { id, uuid, hostname: 'h' });
    const [listed] = await rows(caller, '/api/devices?id=12345%25');
    const guid = String(listed?.['guid']);
    assert.match(String(listed?.['last_online']), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/);
    const assign = (type: string, value: string): Promise<Answer> =>
      caller.post(`/api/devices/${guid}/assign`, { type, value });
    done(await assign('user_name', owner.name));
    const [owned] = await rows(caller, `/api/devices?user_name=${owner.name}`);
    assert.equal(owned?.['id'], id);
    done(await assign('user_name', ''));
    assert.deepEqual(await rows(caller, `/api/devices?user_name=${owner.name}`), []);
    assert.equal((await assign('colour', 'red')).status, 400);
    done(await caller.post(`/api/devices/${guid}/disconnect`, { conn_id: 9 }));
    const beat = await api.caller().post('/api/heartbeat', { id, uuid, conns: [9] });
    assert.deepEqual(beat.json, { disconnect: [9] });
    assert.equal((await caller.delete(`/api/devices/${guid}`)).status, 409);
    done(await caller.post(`/api/devices/${guid}/disable`));
    done(await caller.delete(`/api/devices/${guid}`));
    assert.deepEqual(await rows(caller, '/api/devices'), []);
    const unknown = await api.caller().post('/api/sysinfo', { id, uuid });
    assert.equal(unknown.text, 'ID_NOT_FOUND', 'the registry has forgotten it');
  });
});
