import assert from 'node:assert/strict';
import { it } from 'node:test';
import { hashSecret } from '../accounts/secrets.js';
import { newTotpSecret, stepAt, totpCode } from '../accounts/totp.js';
import { OidcLoginStore } from '../store/oidc-login-store.js';
import { UserStore } from '../store/user-store.js';
import { Vault } from '../store/vault.js';
import type { Answer } from '../testing/caller.js';
import { onEveryDatabase } from '../testing/databases.js';
import {
  DEVICE,
  type Json,
  OTHER,
  PENDING,
  PUBLIC,
  begin,
  comeBack,
  poll,
  signIn,
  useProvider,
  visit,
} from '../testing/oidc-sign-in.js';

onEveryDatabase('signing in at a provider', (database) => {
  const parts = useProvider(database, { icon: '<svg/>' });

  it('[A16] [A17] names the provider to both generations of clients', async () => {
    const { api } = parts();
    const { json } = await api.caller().get('/api/login-options');
    const [common = '', ...rest] = json as string[];
    assert.deepEqual(rest, ['oidc/corp']);
    assert.match(common, /^common-oidc\//);
    const buttons = JSON.parse(common.slice('common-oidc/'.length)) as unknown;
    assert.deepEqual(buttons, [{ name: 'corp', icon: '<svg/>' }]);
  });

  it('is shown to administrators and tested by them', async () => {
    const { api, provider } = parts();
    const { caller } = await api.signIn({ isAdmin: true });
    const shown = (await caller.get('/api/v1/sign-in')).json as Json;
    assert.deepEqual(shown['providers'], [{ name: 'corp', issuer: provider.issuer }]);
    assert.equal(shown['redirect_uri'], `${PUBLIC}/api/oidc/callback`);
    const tested = await caller.post('/api/v1/sign-in/providers/corp/test');
    assert.deepEqual(tested.json, { works: true, reason: '' });
    assert.equal((await caller.post('/api/v1/sign-in/providers/x/test')).status, 404);
    assert.equal((await caller.post('/api/v1/sign-in/ldap/test')).status, 404);
  });

  it('[A32] [A33] gives a code and an address, and asks for patience until the browser is back', async () => {
    const { api, provider } = parts();
    const { code, url } = await begin(api);
    assert.ok(code.length > 20);
    const { origin, pathname, searchParams } = new URL(url);
    assert.equal(origin + pathname, `${provider.issuer}/authorize`);
    assert.equal(searchParams.get('redirect_uri'), `${PUBLIC}/api/oidc/callback`);
    assert.equal(searchParams.get('code_challenge_method'), 'S256');
    assert.deepEqual(await poll(api, code), { error: PENDING });
    const unknown = await api.caller().post('/api/oidc/auth', { op: 'nobody', ...DEVICE });
    assert.deepEqual(unknown.json, { error: 'There is no such sign-in provider' });
  });

  it('[A34] [A35] [A36] delivers the login once, to the device that asked, in the form it parses', async () => {
    const { api, provider } = parts();
    provider.person = {
      sub: 's-34',
      preferred_username: 'olga',
      name: 'Ölga',
      email: 'o@example.com',
    };
    const { code, url } = await begin(api);
    const page = await comeBack(api, await visit(url));
    assert.match(page.text, /You are signed in as olga/);
    assert.match(String(page.headers['content-security-policy']), /default-src 'none'/);
    for (const device of [
      { ...DEVICE, id: '1' },
      { ...DEVICE, uuid: 'x' },
      { id: '', uuid: '' },
    ]) {
      const refused = await poll(api, code, device);
      assert.ok(typeof refused['error'] === 'string' && refused['error'] !== PENDING);
    }
    const [first, second] = await Promise.all([poll(api, code), poll(api, code)]);
    assert.deepEqual(first, second, 'a repeated question gets the same login');
    const { access_token, type, tfa_type, secret, user } = first;
    assert.equal(type, 'access_token');
    assert.deepEqual([tfa_type, secret], ['', '']);
    const { name, display_name, email, status, is_admin, info } = user as Json;
    assert.deepEqual([name, display_name, email], ['olga', 'Ölga', 'o@example.com']);
    assert.deepEqual([status, is_admin], [1, false]);
    assert.ok(typeof info === 'object' && info !== null);
    const me = await api.caller(String(access_token)).post('/api/currentUser', DEVICE);
    assert.equal((me.json as Json)['name'], 'olga');
    await api.db
      .updateTable('oidc_logins')
      .set({ answered_at: Date.now() - 11_000 })
      .execute();
    const late = await poll(api, code);
    assert.ok(typeof late['error'] === 'string' && late['error'] !== PENDING);
    const logins = await api.db.selectFrom('login_tokens').selectAll().execute();
    assert.equal(logins.filter((login) => login.device_id === DEVICE.id).length, 1);
  });

  it('[A37] keeps a code for three minutes and more, and takes each state once', async () => {
    const { api, provider } = parts();
    provider.person = { sub: 's-37', preferred_username: 'petra' };
    const { code, url } = await begin(api);
    const back = await visit(url);
    const row = await api.part(OidcLoginStore).byCode(hashSecret(code), Date.now() + 180_000);
    assert.ok(row !== undefined, 'still there after 180 s');
    assert.match((await comeBack(api, back)).text, /You are signed in/);
    assert.match((await comeBack(api, back)).text, /unknown or over/);
    const late = await begin(api);
    const lateBack = await visit(late.url);
    await api.db.updateTable('oidc_logins').set({ expires_at: 1 }).execute();
    assert.match((await comeBack(api, lateBack)).text, /unknown or over/);
    assert.notEqual((await poll(api, late.code))['error'], PENDING);
  });

  it('[A37] refuses a wrong nonce, signature, issuer, audience, time, state and verifier', async () => {
    const { api, provider } = parts();
    const past = Math.floor(Date.now() / 1000) - 7200;
    const bents = [
      { claims: { nonce: 'another' } },
      { claims: { nonce: undefined } },
      { wrongKey: true },
      { unsigned: true },
      { claims: { iss: 'https://evil.example' } },
      { claims: { aud: 'another-client' } },
      { claims: { exp: past } },
      { claims: { sub: undefined } },
    ];
    for (const bent of bents) {
      const { code, url } = await begin(api);
      const back = await visit(url);
      provider.bent = bent;
      const page = await comeBack(api, back);
      assert.match(page.text, /You are not signed in/, JSON.stringify(bent));
      assert.equal(page.status, 200);
      const { error } = await poll(api, code);
      assert.match(String(error), /did not vouch for you/, JSON.stringify(bent));
    }
    provider.bent = {};
    const { code, url } = await begin(api);
    const back = await visit(url);
    back.searchParams.set('state', 'forged');
    assert.match((await comeBack(api, back)).text, /unknown or over/);
    assert.deepEqual(await poll(api, code), { error: PENDING }, 'a forged state touches nobody');
    const verifier = api.part(Vault).seal('another verifier, of the right length at least');
    await api.db.updateTable('oidc_logins').set({ verifier }).execute();
    assert.match((await comeBack(api, await visit(url))).text, /You are not signed in/);
    const mine = await begin(api);
    const others = await visit((await begin(api)).url);
    const mixed = await visit(mine.url);
    mixed.searchParams.set('code', others.searchParams.get('code') ?? '');
    assert.match((await comeBack(api, mixed)).text, /You are not signed in/, 'a code of another');
    const refused = await begin(api);
    const denied = new URL(`${PUBLIC}/?error=access_denied`);
    denied.searchParams.set('state', new URL(refused.url).searchParams.get('state') ?? '');
    assert.match((await comeBack(api, denied)).text, /You are not signed in/);
    assert.notEqual((await poll(api, refused.code))['error'], PENDING);
  });

  it('[A38] uses the address that a client names only when it is one of ours', async () => {
    const { api } = parts();
    const redirect = async (apiDomain?: string): Promise<string | null> =>
      new URL((await begin(api, { apiDomain })).url).searchParams.get('redirect_uri');
    assert.equal(await redirect(OTHER), `${OTHER}/api/oidc/callback`);
    for (const foreign of ['https://evil.example', `${PUBLIC}.evil.example`, 'x', undefined]) {
      assert.equal(await redirect(foreign), `${PUBLIC}/api/oidc/callback`);
    }
  });

  it('asks the person first when the browser is somewhere else than the client', async () => {
    const { api, provider } = parts();
    provider.person = { sub: 's-ask', preferred_username: 'rita' };
    for (const answer of ['no', 'yes']) {
      const { code, url } = await begin(api);
      const page = await comeBack(api, await visit(url), '198.51.100.7');
      assert.match(page.text, /Is this you\?/);
      assert.match(page.text, /&#60;b&#62;desk&#60;\/b&#62;/, 'what a device says is no markup');
      assert.ok(!page.text.includes('<b>'));
      assert.deepEqual(await poll(api, code), { error: PENDING });
      const confirm = /name="confirm" value="([^"]+)"/.exec(page.text)?.[1] ?? '';
      const post = (): Promise<Answer> =>
        api.caller().send({
          method: 'POST',
          path: '/api/oidc/confirm',
          headers: { 'content-type': 'application/x-www-form-urlencoded' },
          body: new URLSearchParams({ confirm, answer }).toString(),
        });
      assert.match((await post()).text, answer === 'yes' ? /Done/ : /Turned down/);
      assert.match((await post()).text, /unknown or over/, 'an answer counts once');
      const end = await poll(api, code);
      assert.equal('access_token' in end, answer === 'yes');
      assert.notEqual(end['error'], PENDING);
    }
  });

  it('still wants the code of an authenticator app that the account has here', async () => {
    const { api, provider } = parts();
    provider.person = { sub: 's-totp', preferred_username: 'tina' };
    await signIn(api);
    const user = await api.part(UserStore).byName('tina');
    const secret = newTotpSecret();
    await api.part(UserStore).setTotp(user?.guid ?? '', api.part(Vault).seal(secret), []);
    const answer = await signIn(api);
    assert.deepEqual([answer['type'], answer['tfa_type']], ['email_check', 'tfa_check']);
    assert.equal(answer['access_token'], '');
    const code = totpCode(secret, stepAt(Date.now()));
    const body = { type: 'email_code', secret: answer['secret'], tfaCode: code, ...DEVICE };
    const { json } = await api.caller().post('/api/login', body);
    assert.equal((json as Json)['type'], 'access_token');
  });

  it('knows people by subject, takes no foreign account over, shuts disabled ones out', async () => {
    const { api, provider } = parts();
    await api.addUser({ name: 'walter', isAdmin: true });
    provider.person = { sub: 's-evil', preferred_username: 'WALTER', email: 'w@example.com' };
    assert.match(String((await signIn(api))['error']), /belongs to another account/);
    provider.person = { sub: 's-vera', preferred_username: 'vera' };
    await signIn(api);
    provider.person = { sub: 's-vera', preferred_username: 'vera-renamed', name: 'Vera R.' };
    const { user } = await signIn(api);
    assert.deepEqual([(user as Json)['name'], (user as Json)['display_name']], ['vera', 'Vera R.']);
    const vera = await api.part(UserStore).byName('vera');
    await api.part(UserStore).update(vera?.guid ?? '', { status: 0 });
    assert.match(String((await signIn(api))['error']), /disabled/);
    const password = await api
      .caller()
      .post('/api/login', { username: 'vera', password: '', ...DEVICE });
    assert.deepEqual(password.json, { error: 'Wrong credentials' });
  });

  it('asks user info for what the token leaves out', async () => {
    const { api, provider } = parts();
    provider.person = { sub: 's-info' };
    provider.userInfo = { preferred_username: 'ivan', email: 'ivan@example.com' };
    const { user } = await signIn(api);
    assert.deepEqual(
      [(user as Json)['name'], (user as Json)['email']],
      ['ivan', 'ivan@example.com'],
    );
    provider.userInfo = {};
  });

  it('caps what waits, for one address and for all', async () => {
    const { api } = parts();
    await api.db.deleteFrom('oidc_logins').execute();
    const { code } = await begin(api);
    const row = await api.part(OidcLoginStore).byCode(hashSecret(code), Date.now());
    if (row === undefined) throw new Error('no row');
    const rows = Array.from({ length: 199 }, (_, number) => ({
      ...row,
      code_hash: `c${number}`,
      state_hash: `s${number}`,
    }));
    await api.db.insertInto('oidc_logins').values(rows).execute();
    const body = { op: 'corp', ...DEVICE };
    const full = await api.caller().post('/api/oidc/auth', body);
    assert.match(String((full.json as Json)['error']), /Too many/);
    await api.part(OidcLoginStore).removeOver(Date.now() + 400_000, 0);
    assert.ok('code' in (await begin(api)));
  });

  it('[A110] writes no code, token or secret of a sign-in into the log', async () => {
    const { api, provider } = parts();
    provider.person = { sub: 's-log', preferred_username: 'loggy' };
    const { code, url } = await begin(api);
    await comeBack(api, await visit(url));
    const answer = await poll(api, code);
    const state = new URL(url).searchParams.get('state') ?? '';
    const secrets = [code, state, String(answer['access_token']), ...provider.secrets];
    const logged = api.logged.join('\n');
    for (const secret of secrets) assert.ok(!logged.includes(secret), secret);
  });
});
