import assert from 'node:assert/strict';
import { createHook } from 'node:async_hooks';
import { it } from 'node:test';
import { newTotpSecret, stepAt, totpCode } from '../accounts/totp.js';
import { hashSecret } from '../accounts/secrets.js';
import { LoginTokens } from '../accounts/login-tokens.js';
import { UserStore } from '../store/user-store.js';
import { Vault } from '../store/vault.js';
import { onEveryDatabase } from '../testing/databases.js';
import type { TestApi } from '../testing/test-api.js';
import { useApi } from '../testing/use-api.js';

const DEVICE = { id: '123456789', uuid: 'NGM0YzQ1NDQtMDA0Ni0zNTEw' };

function attempt(username: string, password: string, more: object = {}): object {
  return { username, password, ...DEVICE, autoLogin: true, type: 'account', ...more };
}

async function withTotp(api: TestApi) {
  const user = await api.addUser();
  const secret = newTotpSecret();
  const recovery = ['recovery-1', 'recovery-2'];
  const sealed = api.part(Vault).seal(secret);
  await api.part(UserStore).setTotp(user.guid, sealed, recovery.map(hashSecret));
  return { user, secret, recovery };
}

async function challenge(api: TestApi, name: string): Promise<Record<string, unknown>> {
  const { json } = await api.caller().post('/api/login', attempt(name, 'pass word'));
  return json as Record<string, unknown>;
}

/** A code that is valid now and was not used before. */
function code(secret: string, ahead = 0): string {
  return totpCode(secret, stepAt(Date.now()) + ahead);
}

onEveryDatabase('login', (database) => {
  const api = useApi(database);

  it('[A18] gives a token and the user to the right name and password', async () => {
    const user = await api().addUser({ displayName: 'Bøb 🚉' });
    const answer = await api().caller().post('/api/login', attempt(user.name, 'pass word'));
    assert.equal(answer.status, 200);
    const { type, access_token, user: seen } = answer.json as Record<string, unknown>;
    assert.equal(type, 'access_token');
    assert.ok(typeof access_token === 'string' && access_token.length > 20);
    const view = seen as Record<string, unknown>;
    assert.equal(view['name'], user.name);
    assert.equal(view['display_name'], 'Bøb 🚉');
    assert.equal(view['status'], 1);
    assert.equal(view['is_admin'], false);
    assert.deepEqual(Object.keys(view['info'] as object).sort(), [
      'email_alarm_notification',
      'email_verification',
      'login_device_whitelist',
      'other',
    ]);
  });

  it('takes a name in any case', async () => {
    const user = await api().addUser({ name: 'Jürgen' });
    const answer = await api().caller().post('/api/login', attempt('JÜRGEN', 'pass word'));
    assert.equal((answer.json as { user: { name: string } }).user.name, user.name);
  });

  it('[A19] says the same to a wrong password and to an unknown name, after the same work', async () => {
    const user = await api().addUser();
    for (const name of [user.name, 'nobody-at-all']) {
      let derivations = 0;
      const init = (_: number, type: string): void => void (/argon2/i.test(type) && derivations++);
      const hook = createHook({ init }).enable();
      const answer = await api().caller().post('/api/login', attempt(name, 'wrong'));
      hook.disable();
      assert.equal(answer.status, 200);
      assert.deepEqual(answer.json, { error: 'Wrong credentials' });
      assert.equal(derivations, 1, name);
    }
  });

  it('[A26] refuses other kinds of login with a text', async () => {
    for (const type of ['mobile', 'sms_code', 'tfa_code', 'x']) {
      const answer = await api()
        .caller()
        .post('/api/login', attempt('a', 'b', { type }));
      assert.deepEqual(answer.json, { error: 'Unsupported login type' });
    }
    const odd = await api()
      .caller()
      .post('/api/login', { username: 5, password: ['x'] });
    assert.deepEqual(odd.json, { error: 'Wrong credentials' });
  });

  it('[A27] refuses disabled and unverified users with a text', async () => {
    for (const status of [0, -1] as const) {
      const user = await api().addUser();
      await api().part(UserStore).update(user.guid, { status });
      const answer = await api().caller().post('/api/login', attempt(user.name, 'pass word'));
      const { error, access_token } = answer.json as Record<string, unknown>;
      assert.match(String(error), /disabled|verified/);
      assert.equal(access_token, undefined);
    }
  });

  it('[A9] [A10] answers 401 Invalid token to every token that does not count', async () => {
    const { user, token } = await api().signIn();
    const calls = [
      ['POST', '/api/currentUser'],
      ['POST', '/api/logout'],
      ['GET', '/api/ab'],
      ['POST', '/api/ab'],
      ['POST', '/api/ab/get'],
      ['POST', '/api/ab/personal'],
      ['POST', '/api/ab/settings'],
      ['POST', '/api/ab/shared/profiles'],
      ['POST', '/api/ab/peers'],
      ['POST', '/api/ab/tags/x'],
      ['POST', '/api/ab/peer/add/x'],
      ['PUT', '/api/ab/peer/update/x'],
      ['DELETE', '/api/ab/peer/x'],
      ['POST', '/api/ab/tag/add/x'],
      ['PUT', '/api/ab/tag/rename/x'],
      ['PUT', '/api/ab/tag/update/x'],
      ['DELETE', '/api/ab/tag/x'],
      ['GET', '/api/users?accessible='],
      ['GET', '/api/peers?accessible='],
      ['GET', '/api/device-group/accessible'],
      ['GET', '/api/audit/conn/active?id=1&session_id=1&conn_type=0'],
      ['PUT', '/api/audit'],
      ['POST', '/api/devices/cli'],
      ['POST', '/api/devices/deploy'],
    ] as const;
    await api().part(UserStore).update(user.guid, { status: 0 });
    for (const [method, path] of calls) {
      for (const authorization of [undefined, 'Bearer ', 'Bearer wsu_forged', `Bearer ${token}`]) {
        const headers: Record<string, string> =
          authorization === undefined ? {} : { authorization };
        const answer = await api().caller().send({ method, path, headers });
        const shown = `${method} ${path} with ${String(authorization).slice(0, 12)}`;
        assert.equal(answer.status, 401, shown);
        assert.deepEqual(answer.json, { error: 'Invalid token' }, shown);
      }
    }
  });

  it('[A29] answers currentUser with the bare user, whatever its body is', async () => {
    const { user, caller } = await api().signIn();
    const plain = await caller.post('/api/currentUser', DEVICE);
    assert.equal((plain.json as { name: string }).name, user.name);
    const headers = { 'content-type': 'application/json' };
    for (const body of ['{', 'null', '[]', '"x"', '\u0000', undefined]) {
      const answer = await caller.send({ method: 'POST', path: '/api/currentUser', headers, body });
      assert.equal(answer.status, 200);
      assert.equal((answer.json as { name: string }).name, user.name);
    }
  });

  it('[A30] logs out exactly one token, and a second time does no harm', async () => {
    const { user, caller } = await api().signIn();
    const other = api().caller(await api().login(user.name, 'pass word'));
    const first = await caller.post('/api/logout', DEVICE);
    assert.equal(first.status, 200);
    assert.equal(first.bytes.length, 0);
    assert.equal((await caller.post('/api/logout', DEVICE)).status, 401);
    assert.equal((await caller.post('/api/currentUser')).status, 401);
    assert.equal((await other.post('/api/currentUser')).status, 200);
  });

  it('[A31] moves the end of a token by its use and keeps its text', async () => {
    const { caller, token } = await api().signIn();
    const hash = hashSecret(token);
    const day = 86_400_000;
    const tokens = api().db.updateTable('login_tokens').where('hash', '=', hash);
    await tokens.set({ used_at: Date.now() - day, expires_at: Date.now() + 5000 }).execute();
    assert.equal((await caller.post('/api/currentUser')).status, 200);
    const row = await api()
      .db.selectFrom('login_tokens')
      .selectAll()
      .where('hash', '=', hash)
      .executeTakeFirstOrThrow();
    assert.ok(row.expires_at > Date.now() + day);
    await tokens.set({ expires_at: Date.now() - 1 }).execute();
    assert.equal((await caller.post('/api/currentUser')).status, 401);
  });

  it('stores neither passwords nor tokens as they are', async () => {
    const { user, token } = await api().signIn({ password: 'very secret' });
    assert.match(user.password_hash ?? '', /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    const rows = await api().db.selectFrom('login_tokens').selectAll().execute();
    assert.ok(!JSON.stringify(rows).includes(token));
    assert.equal(await api().part(LoginTokens).find(hashSecret(token)), undefined);
  });

  it('[A21] asks for the code of the authenticator when there is one', async () => {
    const { user } = await withTotp(api());
    const answer = await challenge(api(), user.name);
    assert.equal(answer['type'], 'email_check');
    assert.equal(answer['tfa_type'], 'tfa_check');
    assert.ok(typeof answer['secret'] === 'string');
    assert.deepEqual(answer['user'], { name: user.name });
    assert.equal(answer['access_token'], undefined);
  });

  it('[A23] takes the code from tfaCode or verificationCode; an empty tfaCode means mail', async () => {
    const { user, secret } = await withTotp(api());
    const step2 = async (fields: object): Promise<Record<string, unknown>> => {
      const { secret: opened } = await challenge(api(), user.name);
      const body = {
        type: 'email_code',
        secret: opened,
        username: user.name,
        ...DEVICE,
        ...fields,
      };
      return (await api().caller().post('/api/login', body)).json as Record<string, unknown>;
    };
    const refused = await step2({ verificationCode: code(secret), tfaCode: '' });
    assert.equal(refused['error'], 'The verification code is incorrect or has expired');
    const both = code(secret, -1);
    const first = await step2({ verificationCode: both, tfaCode: both });
    assert.equal(first['type'], 'access_token');
    const once = code(secret);
    const second = await step2({ verificationCode: once });
    assert.equal(second['type'], 'access_token');
    const again = await step2({ tfaCode: once });
    assert.ok('error' in again, 'a code counts once');
  });

  it('[A24] binds a challenge to user and device, lets it be tried five times and used once', async () => {
    const { user, secret } = await withTotp(api());
    const { secret: opened } = await challenge(api(), user.name);
    const body = { type: 'email_code', secret: opened, ...DEVICE };
    const post = async (fields: object): Promise<Record<string, unknown>> =>
      (
        await api()
          .caller()
          .post('/api/login', { ...body, ...fields })
      ).json as Record<string, unknown>;
    assert.ok('error' in (await post({ tfaCode: code(secret), id: 'another' })));
    assert.ok('error' in (await post({ tfaCode: code(secret), uuid: 'another' })));
    assert.ok('error' in (await post({ tfaCode: code(secret), username: 'another' })));
    assert.ok('access_token' in (await post({ tfaCode: code(secret) })));
    assert.ok('error' in (await post({ tfaCode: code(secret, 1) })), 'used up');
    const { secret: next } = await challenge(api(), user.name);
    for (let tries = 0; tries < 5; tries++) {
      assert.ok('error' in (await post({ secret: next, tfaCode: '000000' })));
    }
    assert.ok(
      'error' in (await post({ secret: next, tfaCode: code(secret, 1) })),
      'too many tries',
    );
    const { secret: late } = await challenge(api(), user.name);
    await api().db.updateTable('login_challenges').set({ expires_at: 1 }).execute();
    assert.ok('error' in (await post({ secret: late, tfaCode: code(secret, 1) })), 'too late');
  });

  it('takes each recovery code once in place of a code', async () => {
    const { user, recovery } = await withTotp(api());
    for (const expected of ['access_token', 'error']) {
      const { secret } = await challenge(api(), user.name);
      const body = { type: 'email_code', secret, tfaCode: recovery[0], ...DEVICE };
      const { json } = await api().caller().post('/api/login', body);
      assert.ok(expected in (json as object));
    }
  });

  it('[A28] slows guessing down and raises an alarm for each limit', async () => {
    const user = await api().addUser();
    const answers = await Promise.all(
      Array.from({ length: 20 }, () =>
        api().caller().post('/api/login', attempt(user.name, 'guess')),
      ),
    );
    const looked = answers.filter(({ text }) => text.includes('Wrong credentials')).length;
    assert.equal(looked, 6, 'six guesses a minute are looked at');
    const right = await api().caller().post('/api/login', attempt(user.name, 'pass word'));
    assert.match(right.text, /Too many/);
    const kinds = async (): Promise<number[]> => {
      const alarms = await api().db.selectFrom('audit_alarms').selectAll().execute();
      const ours = alarms.filter((alarm) => alarm.info.includes(user.name));
      return [...new Set(ours.map((alarm) => alarm.kind))].sort();
    };
    assert.deepEqual(await kinds(), [4]);
    const pair = api().db.updateTable('login_guards').where('subject', 'like', 'pair %');
    await pair.set({ failures: 29, hour_failures: 60 }).execute();
    await api().caller().post('/api/login', attempt(user.name, 'guess'));
    assert.deepEqual(await kinds(), [3, 4, 5]);
  });

  it('[A110] writes no password and no token into the log', async () => {
    const { token } = await api().signIn({ password: 'log me not' });
    await api().caller().post('/api/login', attempt('x', 'log me not either'));
    const text = api().logged.join('\n');
    for (const secret of ['log me not', token, hashSecret(token)]) {
      assert.ok(!text.includes(secret));
    }
  });
});
