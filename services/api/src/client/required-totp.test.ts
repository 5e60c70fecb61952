import assert from 'node:assert/strict';
import { it } from 'node:test';
import { stepAt, totpCode } from '../accounts/totp.js';
import { UserStore } from '../store/user-store.js';
import { onEveryDatabase } from '../testing/databases.js';
import type { TestApi } from '../testing/test-api.js';
import { useApi } from '../testing/use-api.js';

type Json = Record<string, unknown>;

const ENFORCE = '/api/users/tfa/totp/enforce';
const PASSWORD = 'pass word';

async function login(api: TestApi, body: object): Promise<Json> {
  const { json } = await api.caller().post('/api/login', { id: '', uuid: '', ...body });
  return json as Json;
}

function first(api: TestApi, username: string, enrol = true): Promise<Json> {
  return login(api, { type: 'account', username, password: PASSWORD, enrol });
}

function codeOf({ totp }: Json): string {
  return totpCode(String((totp as Json)['secret']), stepAt(Date.now()));
}

function confirm(api: TestApi, begun: Json, more: object = {}): Promise<Json> {
  const { proof } = begun['totp'] as Json;
  const body = { type: 'enrol_totp', secret: begun['secret'], proof, code: codeOf(begun) };
  return login(api, { ...body, ...more });
}

onEveryDatabase('a required authenticator app', (database) => {
  const api = useApi(database);
  const strict = useApi(database, { totpRequired: 'admins' });

  it('is set up between password and login, and asked for from then on', async () => {
    const { caller: admin } = await api().signIn({ isAdmin: true });
    const { name, guid } = await api().addUser();
    assert.equal((await admin.put(ENFORCE, { user_guids: [guid], enforce: true })).status, 200);
    const begun = await first(api(), name);
    assert.equal(begun['type'], 'enrol_totp');
    assert.equal(begun['access_token'], undefined);
    assert.match(String((begun['totp'] as Json)['qr']), /^data:image\/svg\+xml;base64,/);
    const wrong = await confirm(api(), begun, { code: '000000' });
    assert.deepEqual(wrong, { error: 'wrong-2fa-code' });
    const done = await confirm(api(), begun);
    assert.equal((done['recovery_codes'] as string[]).length, 6);
    const caller = api().caller(String(done['access_token']));
    const me = (await caller.get('/api/v1/me')).json as Json;
    assert.deepEqual([me['tfa'], me['tfa_required']], [true, true]);
    assert.ok('error' in (await confirm(api(), begun)), 'a challenge works once');
    assert.equal((await first(api(), name))['tfa_type'], 'tfa_check');
    const off = await caller.post('/api/v1/me/totp/disable', { code: codeOf(begun) });
    assert.equal(off.status, 409);
    const [row] = ((await admin.get(`/api/users?name=${name}`)).json as { data: Json[] }).data;
    assert.deepEqual([row?.['tfa'], row?.['tfa_required']], [true, true]);
    await admin.put(ENFORCE, { user_guids: [guid], enforce: false });
    const noted = await api().db.selectFrom('audit_console').select('operation').execute();
    assert.ok(noted.some(({ operation }) => operation === 124));
  });

  it('keeps clients, which cannot show a secret, out with words that help', async () => {
    const { name, guid } = await api().addUser();
    await api().part(UserStore).update(guid, { totp_required: 1 });
    const refused = await first(api(), name, false);
    assert.match(String(refused['error']), /needs an authenticator app.*http:\/\//);
    assert.deepEqual(Object.keys(refused), ['error']);
  });

  it('is not set up by whoever brings another account, device or challenge', async () => {
    const [one, other] = [await api().addUser(), await api().addUser()];
    for (const { guid } of [one, other]) {
      await api().part(UserStore).update(guid, { totp_required: 1 });
    }
    const [mine, theirs] = [await first(api(), one.name), await first(api(), other.name)];
    const { proof } = theirs['totp'] as Json;
    assert.ok('error' in (await confirm(api(), mine, { proof })));
    assert.ok('error' in (await confirm(api(), mine, { id: '5', uuid: 'x' })));
    assert.ok('error' in (await confirm(api(), mine, { secret: 'c_unknown' })));
    const byCode = { type: 'email_code', secret: mine['secret'], verificationCode: codeOf(mine) };
    assert.ok('error' in (await login(api(), byCode)));
    assert.equal((await api().part(UserStore).byGuid(one.guid))?.totp_secret, null);
  });

  it('may be required of all administrators', async () => {
    const boss = await strict().addUser({ isAdmin: true });
    const user = await strict().addUser();
    assert.equal((await first(strict(), boss.name))['type'], 'enrol_totp');
    assert.equal((await first(strict(), user.name))['type'], 'access_token');
  });
});
