import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type RedisServer, startRedis } from '@waystation/testkit';
import { totpCode, stepAt } from './accounts/totp.js';
import { ApiProcess } from './testing/api-process.js';
import type { Caller } from './testing/caller.js';
import { CERTIFICATE } from './testing/certificate.js';
import { BASE, BIND_DN, BIND_PASSWORD } from './testing/directory-content.js';
import { SmallDirectory } from './testing/directory-server.js';
import { OidcTestProvider } from './testing/oidc-provider.js';
import { SmtpTestServer } from './testing/smtp-server.js';

const DEVICE = { id: '123456789', uuid: 'NGM0YzQ1NDQtMDA0Ni0zNTEw' };
const DATA_KEY = 'the key that seals secrets';
const SMTP_PASSWORD = 'the password of the sender';

type Json = Record<string, unknown>;

/** The api as it ships, at its most talkative, with every way to sign in. */
void describe('what the api prints', () => {
  let redis: RedisServer;
  let provider: OidcTestProvider;
  let directory: SmallDirectory;
  let smtp: SmtpTestServer;
  let api: ApiProcess;
  const endings = new AsyncDisposableStack();
  const secrets: string[] = [BIND_PASSWORD, DATA_KEY, SMTP_PASSWORD];
  before(async () => {
    redis = await startRedis();
    endings.defer(() => redis.stop());
    provider = await OidcTestProvider.start();
    endings.defer(() => provider.stop());
    directory = await SmallDirectory.start();
    endings.defer(() => directory.stop());
    smtp = await SmtpTestServer.start({ startTls: true });
    endings.defer(() => smtp.stop());
    api = await ApiProcess.make(redis.url, {});
    endings.defer(() => api.remove());
    const ca = join(api.folder, 'ca.pem');
    writeFileSync(ca, CERTIFICATE);
    const { issuer, clientId, clientSecret } = provider;
    Object.assign(api.env, {
      DATA_KEY,
      PUBLIC_URLS: `http://127.0.0.1:${api.port}`,
      OIDC_PROVIDERS: JSON.stringify([{ name: 'corp', issuer, clientId, clientSecret }]),
      LDAP_URLS: directory.url,
      LDAP_CA_FILE: ca,
      LDAP_BIND_DN: BIND_DN,
      LDAP_BIND_PASSWORD: BIND_PASSWORD,
      LDAP_BASE_DN: BASE,
      SMTP_HOST: '127.0.0.1',
      SMTP_PORT: String(smtp.port),
      SMTP_USER: 'sender',
      SMTP_PASSWORD,
      SMTP_FROM: 'way@example.com',
      SMTP_CA_FILE: ca,
    });
    await api.start();
  });
  after(() => endings.disposeAsync());

  async function login(fields: object): Promise<Json> {
    const body = { ...DEVICE, type: 'account', ...fields };
    const answer = (await api.caller.post('/api/login', body)).json as Json;
    for (const key of ['access_token', 'secret']) {
      if (typeof answer[key] === 'string') secrets.push(answer[key]);
    }
    return answer;
  }

  /** Logs in, and notes what must not be seen. */
  async function as(username: string, password: string): Promise<Caller> {
    secrets.push(password);
    const { access_token } = await login({ username, password });
    assert.equal(typeof access_token, 'string', username);
    return api.callerWith(String(access_token));
  }

  async function withPassword(): Promise<void> {
    const printed = /password (\S+) \(shown/.exec(api.output)?.[1] ?? '';
    const admin = await as('admin', printed);
    const next = 'a new password of mine';
    await admin.post('/api/v1/me/password', { old: printed, new: next });
    secrets.push(next);
    const { json } = await admin.post('/api/v1/tokens', { name: 't', scopes: { devices: 'rw' } });
    secrets.push(String((json as Json)['token']));
    const fields = { name: 'mia', password: 'password of mia', email: 'mia@example.com' };
    const made = (await admin.post('/api/users', fields)).json as Json;
    await admin.patch(`/api/users/${String(made['guid'])}`, { email_verification: true });
    const begun = (await admin.post('/api/v1/me/totp/begin')).json as Json;
    const secret = String(begun['secret']);
    const code = totpCode(secret, stepAt(Date.now()));
    const proof = { proof: begun['proof'], code };
    const done = (await admin.post('/api/v1/me/totp/confirm', proof)).json as Json;
    secrets.push(secret, String(begun['proof']), ...(done['recovery_codes'] as string[]));
    await login({ username: 'admin', password: next });
    await login({ username: 'admin', password: 'a wrong password' });
    secrets.push('a wrong password');
  }

  async function withMail(): Promise<void> {
    secrets.push('password of mia');
    const { secret } = await login({ username: 'mia', password: 'password of mia' });
    const verificationCode = /code is (\d{6})/.exec(smtp.mails.at(-1)?.text ?? '')?.[1] ?? '';
    secrets.push(` ${verificationCode}`, `"${verificationCode}`);
    const done = await login({ type: 'email_code', secret, verificationCode });
    assert.equal(done['type'], 'access_token');
  }

  async function withProvider(): Promise<void> {
    const begun = await api.caller.post('/api/oidc/auth', { op: 'corp', ...DEVICE });
    const { code, url } = begun.json as { code: string; url: string };
    secrets.push(code, new URL(url).searchParams.get('state') ?? '');
    const page = await (await fetch(url)).text();
    assert.match(page, /You are signed in as olga/);
    const query = new URLSearchParams({ code, ...DEVICE });
    const { json } = await api.caller.get(`/api/oidc/auth-query?${query.toString()}`);
    const { access_token } = json as Json;
    assert.equal(typeof access_token, 'string');
    secrets.push(String(access_token), ...provider.secrets);
  }

  it('[A110] holds no password, token, code or key, whatever way people sign in', async () => {
    await withPassword();
    await withMail();
    await as('lena', 'password of lena');
    await withProvider();
    await api.stop();
    assert.match(api.output, /debug/);
    const rest = api.output.replace(/^First administrator: .*$/m, '');
    for (const secret of secrets) {
      assert.ok(secret.length > 6, 'a secret worth to look for');
      assert.ok(!rest.includes(secret), secret);
    }
    assert.equal(api.output.split('First administrator').length, 2, 'announced once');
  });
});
