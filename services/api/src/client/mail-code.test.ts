import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, it } from 'node:test';
import { newTotpSecret } from '../accounts/totp.js';
import type { ApiConfig } from '../api-config.js';
import type { UserTable } from '../store/account-tables.js';
import { UserStore } from '../store/user-store.js';
import { Vault } from '../store/vault.js';
import { CERTIFICATE } from '../testing/certificate.js';
import { type TestDatabase, onEveryDatabase } from '../testing/databases.js';
import { SmtpTestServer } from '../testing/smtp-server.js';
import { TestApi } from '../testing/test-api.js';

const DEVICE = { id: '123456789', uuid: 'NGM0YzQ1NDQtMDA0Ni0zNTEw' };
const WRONG = 'The verification code is incorrect or has expired';

type Json = Record<string, unknown>;
type Options = Parameters<typeof SmtpTestServer.start>[0];

interface Parts {
  readonly api: TestApi;
  readonly smtp: SmtpTestServer;
}

/** An api with a mail server of its own. */
function useMail(
  database: TestDatabase,
  settings: Partial<ApiConfig> = {},
  options: Options = { startTls: true },
): () => Parts {
  let parts: Parts | undefined;
  const endings = new AsyncDisposableStack();
  before(async () => {
    const smtp = await SmtpTestServer.start(options);
    endings.defer(() => smtp.stop());
    const store = await database.fresh();
    const smtpCaFile = join(store.dataDir, 'ca.pem');
    writeFileSync(smtpCaFile, CERTIFICATE);
    const mail = {
      smtpHost: '127.0.0.1',
      smtpPort: smtp.port,
      smtpFrom: 'Waystation <way@example.com>',
      smtpUser: 'sender',
      smtpPassword: 'secret of the sender',
      smtpCaFile,
    };
    const api = await TestApi.start(store, { ...mail, ...settings });
    endings.defer(() => api.stop());
    parts = { smtp, api };
  });
  after(() => endings.disposeAsync());
  return () => {
    if (parts === undefined) throw new Error('for tests and hooks');
    return parts;
  };
}

async function withMail(api: TestApi, email = 'bob@example.com'): Promise<UserTable> {
  const user = await api.addUser({ email });
  await api.part(UserStore).update(user.guid, { mail_code: 1 });
  return user;
}

async function login(api: TestApi, fields: object): Promise<Json> {
  const body = { ...DEVICE, type: 'account', autoLogin: true, ...fields };
  const { json, status } = await api.caller().post('/api/login', body);
  assert.equal(status, 200);
  return json as Json;
}

function first(api: TestApi, user: UserTable, more: object = {}): Promise<Json> {
  return login(api, { username: user.name, password: 'pass word', ...more });
}

/** The second step as Flutter sends it: without `tfaCode`. */
function second(api: TestApi, secret: unknown, code: string, more: object = {}): Promise<Json> {
  return login(api, { type: 'email_code', secret, verificationCode: code, ...more });
}

function lastCode(smtp: SmtpTestServer): string {
  return /code is (\d{6})/.exec(smtp.mails.at(-1)?.text ?? '')?.[1] ?? 'none';
}

onEveryDatabase('codes by mail', (database) => {
  const parts = useMail(database);

  it('[A20] [A22] go out encrypted after the right password, and are the second step', async () => {
    const { api, smtp } = parts();
    const user = await withMail(api);
    const deviceInfo = { os: 'linux', type: 'client', name: 'desk-07' };
    const step = await first(api, user, { deviceInfo });
    assert.equal(step['type'], 'email_check');
    assert.equal(step['tfa_type'], 'email_check');
    assert.ok(typeof step['secret'] === 'string' && step['secret'].length > 20);
    assert.deepEqual(step['user'], { name: user.name, email: 'b***@example.com' });
    assert.equal(step['access_token'], undefined);
    const mail = smtp.mails.at(-1);
    assert.deepEqual(mail?.to, ['bob@example.com']);
    assert.equal(mail.from, 'way@example.com');
    assert.equal(mail.encrypted, true);
    assert.match(mail.login, /secret of the sender/);
    assert.match(mail.text, /desk-07 \(linux\), ID 123456789, address 127\.0\.0\.1/);
    const done = await second(api, step['secret'], lastCode(smtp), { username: user.name });
    assert.equal(done['type'], 'access_token');
    const me = await api.caller(String(done['access_token'])).post('/api/currentUser');
    assert.equal((me.json as Json)['name'], user.name);
    assert.deepEqual(await second(api, step['secret'], lastCode(smtp)), { error: WRONG });
  });

  it('[A24] count once, for one device, for five minutes, and stand five tries', async () => {
    const { api, smtp } = parts();
    const user = await withMail(api);
    const { secret } = await first(api, user);
    const code = lastCode(smtp);
    const wrong = code === '000000' ? '000001' : '000000';
    assert.deepEqual(await second(api, secret, code, { id: 'another' }), { error: WRONG });
    assert.deepEqual(await second(api, secret, code, { tfaCode: code }), { error: WRONG });
    for (let tries = 0; tries < 3; tries++) {
      assert.deepEqual(await second(api, secret, wrong), { error: WRONG });
    }
    assert.deepEqual(await second(api, secret, code), { error: WRONG }, 'no tries left');
    const later = await first(api, user);
    const rows = await api.db.selectFrom('login_challenges').selectAll().execute();
    const soon = Date.now() + 5 * 60_000 + 1000;
    assert.ok(
      rows.every((row) => row.expires_at < soon && !JSON.stringify(row).includes(lastCode(smtp))),
    );
    await api.db.updateTable('login_challenges').set({ expires_at: 1 }).execute();
    assert.deepEqual(await second(api, later['secret'], lastCode(smtp)), { error: WRONG });
    const sciter = await first(api, user);
    const done = await second(api, sciter['secret'], lastCode(smtp), { tfaCode: '' });
    assert.equal(done['type'], 'access_token');
  });

  it('[A21] [A25] are not used for accounts with an authenticator app', async () => {
    const { api, smtp } = parts();
    const user = await withMail(api);
    const mailed = await first(api, user);
    const code = lastCode(smtp);
    const sealed = api.part(Vault).seal(newTotpSecret());
    await api.part(UserStore).setTotp(user.guid, sealed, []);
    const late = await second(api, mailed['secret'], code);
    assert.deepEqual(late, { error: WRONG }, 'a mail from before the app');
    const before = smtp.mails.length;
    const step = await first(api, user);
    assert.deepEqual([step['type'], step['tfa_type']], ['email_check', 'tfa_check']);
    assert.equal(smtp.mails.length, before);
    assert.deepEqual(await second(api, step['secret'], code), { error: WRONG });
  });

  it('are mailed three times a minute to a user at most', async () => {
    const { api, smtp } = parts();
    const user = await withMail(api);
    const before = smtp.mails.length;
    for (let times = 0; times < 3; times++) assert.ok('secret' in (await first(api, user)));
    assert.match(String((await first(api, user))['error']), /Too many verification codes/);
    assert.equal(smtp.mails.length, before + 3);
    const wrong = await login(api, { username: user.name, password: 'guess' });
    assert.deepEqual(wrong, { error: 'Wrong credentials' });
    assert.equal(smtp.mails.length, before + 3, 'no mail for a wrong password');
  });

  it('are the choice of users and of administrators', async () => {
    const { api, smtp } = parts();
    const { user, caller } = await api.signIn({ email: 'eve@example.com' });
    const off = await caller.put('/api/v1/me/mail-code', { on: false, password: 'guess' });
    assert.deepEqual(off.json, { error: 'Wrong credentials' });
    assert.equal((await caller.put('/api/v1/me/mail-code', { on: true })).text, '');
    const me = (await caller.get('/api/v1/me')).json as { info: Json };
    assert.equal(me.info['email_verification'], true);
    assert.equal((await first(api, user))['type'], 'email_check');
    const { caller: admin } = await api.signIn({ isAdmin: true });
    await admin.patch(`/api/users/${user.guid}`, { email_verification: false });
    assert.equal((await first(api, user))['type'], 'access_token');
    const { caller: nowhere } = await api.signIn();
    assert.equal((await nowhere.put('/api/v1/me/mail-code', { on: true })).status, 400);
    assert.ok(smtp.mails.length > 0);
  });

  it('[A110] leave neither code nor password in the log', () => {
    const { api, smtp } = parts();
    const logged = api.logged.join('\n');
    const codes = smtp.mails.map(({ text }) => /code is (\d{6})/.exec(text)?.[1] ?? '');
    for (const secret of ['secret of the sender', ...codes]) assert.ok(!logged.includes(secret));
  });
});

onEveryDatabase('codes by mail on new devices', (database) => {
  const parts = useMail(database, { mailCodes: 'new-device' });

  it('are asked for once on each device, and never of users without an address', async () => {
    const { api, smtp } = parts();
    const user = await api.addUser({ email: 'ned@example.com' });
    const step = await first(api, user);
    assert.equal(step['type'], 'email_check');
    assert.equal((await second(api, step['secret'], lastCode(smtp)))['type'], 'access_token');
    assert.equal((await first(api, user))['type'], 'access_token', 'this one is known now');
    const other = await first(api, user, { uuid: 'another machine' });
    assert.equal(other['type'], 'email_check');
    const without = await api.addUser();
    assert.equal((await first(api, without))['type'], 'access_token');
  });
});

for (const [what, options, settings] of [
  ['a mail server that refuses', { startTls: true, refuse: '550 no' }, {}],
  ['a mail server without encryption', { startTls: false }, {}],
  ['a mail server that nobody vouches for', { startTls: true }, { smtpCaFile: '' }],
  ['a mail server that says nothing', { mute: true }, {}],
] as const) {
  onEveryDatabase(what, (database) => {
    const parts = useMail(database, settings, options);

    it(
      'ends the sign-in with a text within the patience of clients',
      { timeout: 30_000 },
      async () => {
        const { api, smtp } = parts();
        const user = await withMail(api);
        const { error } = await first(api, user);
        assert.match(String(error), /could not be mailed/);
        assert.equal(smtp.mails.length, 0);
        const { caller } = await api.signIn({ isAdmin: true });
        const { json } = await caller.post('/api/v1/sign-in/mail/test');
        // this one refuses only when it is given a mail
        assert.equal((json as Json)['works'], 'refuse' in options);
      },
    );
  });
}

onEveryDatabase('codes by mail without a mail server', (database) => {
  const parts = useMail(database, { smtpHost: '' });

  it('shut the account rather than let a password alone through', async () => {
    const { api } = parts();
    const user = await withMail(api);
    assert.match(String((await first(api, user))['error']), /ask an administrator/);
  });
});
