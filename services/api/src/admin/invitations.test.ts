import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Caller } from '../testing/caller.js';
import { onEveryDatabase } from '../testing/databases.js';
import { SmtpTestServer } from '../testing/smtp-server.js';
import { TestApi } from '../testing/test-api.js';
import { useApi } from '../testing/use-api.js';

type Json = Record<string, unknown>;

const LOOK = '/api/v1/invitations/look';
const ACCEPT = '/api/v1/invitations/accept';
const OVER = { error: 'This invitation is unknown or over' };

function tokenOf(link: unknown): string {
  return /#\/invitation\?token=(i_[\w-]+)/.exec(String(link))?.[1] ?? '';
}

onEveryDatabase('invitations', (database) => {
  const api = useApi(database);

  async function invite(admin: Caller, body: object): Promise<Json> {
    const { status, json, text } = await admin.post('/api/users/invite', body);
    assert.equal(status, 200, text);
    return json as Json;
  }

  it('give a link once, with which the user chooses his password and comes in', async () => {
    const { caller: admin } = await api().signIn({ isAdmin: true });
    await admin.post('/api/user-groups', { name: 'New ones' });
    const wish = { name: 'nadia', email: 'n@example.org', group_name: 'New ones' };
    const made = await invite(admin, { ...wish, url: 'https://rd.example.org/' });
    assert.equal(made['mailed'], false);
    assert.ok(String(made['link']).startsWith('https://rd.example.org/#/invitation?token='));
    const token = tokenOf(made['link']);
    const stranger = api().caller();
    assert.deepEqual((await stranger.post(LOOK, { token })).json, {
      name: 'nadia',
      display_name: '',
    });
    const early = { username: 'nadia', password: 'long enough', type: 'account' };
    assert.deepEqual((await stranger.post('/api/login', early)).json, {
      error: 'Wrong credentials',
    });
    assert.equal((await stranger.post(ACCEPT, { token, password: 'short' })).status, 400);
    assert.equal((await stranger.post(ACCEPT, { token, password: 'long enough' })).status, 200);
    const again = await stranger.post(ACCEPT, { token, password: 'another one' });
    assert.deepEqual([again.status, again.json], [404, OVER]);
    assert.ok((await api().login('nadia', 'long enough')) !== '');
    const stored = await api().db.selectFrom('invitations').selectAll().execute();
    assert.deepEqual(stored, []);
    const noted = await api().db.selectFrom('audit_console').selectAll().execute();
    assert.ok(noted.some(({ operation, subject }) => operation === 123 && subject === 'nadia'));
    assert.ok(!JSON.stringify(noted).includes(token), 'the audit holds no secret');
  });

  it('end with a new one, with their time, and when the account is disabled', async () => {
    const { caller: admin } = await api().signIn({ isAdmin: true });
    const first = await invite(admin, { name: 'renate' });
    const path = `/api/users/${String(first['guid'])}`;
    const second = (await admin.post(`${path}/invite`, {})).json as Json;
    const [old, token] = [tokenOf(first['link']), tokenOf(second['link'])];
    const stranger = api().caller();
    assert.equal((await stranger.post(LOOK, { token: old })).status, 404);
    assert.equal((await stranger.post(LOOK, { token })).status, 200);
    await admin.post(`${path}/disable`);
    assert.equal((await stranger.post(ACCEPT, { token, password: 'long enough' })).status, 404);
    assert.equal((await admin.post(`${path}/invite`, {})).status, 409);
    const late = tokenOf((await invite(admin, { name: 'lars' }))['link']);
    await api().db.updateTable('invitations').set({ expires_at: 1 }).execute();
    assert.deepEqual((await stranger.post(LOOK, { token: late })).json, OVER);
    assert.equal((await stranger.post(LOOK, {})).status, 404);
  });

  it('are for operators, and refuse what a user cannot be', async () => {
    const { caller: admin, user } = await api().signIn({ isAdmin: true });
    const { caller } = await api().signIn();
    const reader = (await api().apiToken({ users: 'r' })).caller;
    for (const one of [caller, reader]) {
      assert.equal((await one.post('/api/users/invite', { name: 'x' })).status, 403);
    }
    for (const [body, status] of [
      [{ name: user.name }, 409],
      [{ name: 'a/b' }, 400],
      [{ name: 'gustav', group_name: 'nobody' }, 400],
    ] as const) {
      assert.equal((await admin.post('/api/users/invite', body)).status, status);
    }
    assert.equal((await admin.post(`/api/users/${user.guid}/invite`, {})).status, 409);
    assert.equal((await admin.post('/api/users/nobody/invite', {})).status, 404);
  });

  it('are mailed where there is a mail server, and handed over when that fails', async (test) => {
    const smtp = await SmtpTestServer.start({ startTls: false });
    test.after(() => smtp.stop());
    const own = await TestApi.start(await database.fresh(), {
      smtpHost: '127.0.0.1',
      smtpPort: smtp.port,
      smtpTls: 'none',
      smtpFrom: 'way@example.com',
      publicUrls: ['https://rd.example.com'],
    });
    test.after(() => own.stop());
    const { caller: admin } = await own.signIn({ isAdmin: true });
    const wish = { email: 'm@example.org', url: 'https://evil.example.com' };
    const made = await invite(admin, { name: 'mailed', ...wish });
    assert.deepEqual([made['mailed'], made['link']], [true, undefined]);
    const mail = smtp.mails.at(-1);
    const text = (mail?.text ?? '').replaceAll('=\r\n', '').replaceAll('=3D', '=');
    assert.ok(text.includes('https://rd.example.com/#/invitation?token='), text);
    assert.equal((await own.caller().post(LOOK, { token: tokenOf(text) })).status, 200);
    const without = await invite(admin, { name: 'without an address' });
    assert.ok(tokenOf(without['link']) !== '');
    await smtp.stop();
    const failed = await invite(admin, { name: 'not mailed', ...wish });
    assert.equal(failed['mailed'], false);
    assert.ok(String(failed['reason']) !== '' && tokenOf(failed['link']) !== '');
    assert.ok(!own.logged.some((line) => line.includes(tokenOf(failed['link']))));
  });
});
