import assert from 'node:assert/strict';
import { it } from 'node:test';
import { UserStore } from '../store/user-store.js';
import { onEveryDatabase } from '../testing/databases.js';
import { useApi } from '../testing/use-api.js';

onEveryDatabase('the second step of users', (database) => {
  const api = useApi(database);

  it('[A102] is taken from them by the call that the published script makes', async () => {
    const { caller, user } = await api().signIn();
    const users = api().part(UserStore);
    await users.update(user.guid, { mail_code: 1 });
    await users.setTotp(user.guid, 'sealed', []);
    const { caller: admin } = await api().signIn({ isAdmin: true });
    const path = '/api/users/disable_login_verification';
    const off = (type: string) => ({ user_guids: [user.guid], type });
    assert.equal((await caller.put(path, off('email'))).status, 403);
    assert.equal((await admin.put(path, off('sms'))).status, 400);
    assert.equal((await admin.put(path, off('email'))).status, 200);
    const without = await users.byName(user.name);
    assert.deepEqual([without?.mail_code, without?.totp_secret], [0, 'sealed']);
    assert.equal((await admin.put(path, off('2fa'))).status, 200);
    assert.equal((await users.byName(user.name))?.totp_secret, null);
  });
});
