import assert from 'node:assert/strict';
import { it } from 'node:test';
import { Tokens, hashToken } from '@waystation/state';
import { IdentityStore } from '../store/identity-store.js';
import { UserStore } from '../store/user-store.js';
import type { UserTable } from '../store/account-tables.js';
import { onEveryDatabase } from '../testing/databases.js';
import { useApi } from '../testing/use-api.js';
import { LoginTokens } from './login-tokens.js';

const DAY_MS = 24 * 3_600_000;
const DEVICE = { id: '', uuid: '' };

onEveryDatabase('a login on the word of another place', (database) => {
  const api = useApi(database, { loginLifetimeMs: 90 * DAY_MS, oidcLoginLifetimeMs: 30 * DAY_MS });

  async function person(source: string, passwordHash: string | null = null): Promise<UserTable> {
    const name = `${source}-${String(passwordHash)}`;
    const user = await api().part(UserStore).create({ name, passwordHash });
    assert.ok(user);
    assert.ok(await api().part(IdentityStore).link(source, name, user.guid));
    return user;
  }

  /** Days from now to the end of a login that is used now, `days` after the place vouched. */
  async function daysLeft(user: UserTable, days: number): Promise<[number, number]> {
    const token = await api().part(LoginTokens).issue(user, DEVICE);
    const hash = hashToken(token);
    const vouched_at = Date.now() - days * DAY_MS;
    const identity = api().db.updateTable('external_identities').set({ vouched_at });
    await identity.where('user_guid', '=', user.guid).execute();
    const unused = api().db.updateTable('login_tokens').set({ used_at: 0 });
    await unused.where('hash', '=', hash).execute();
    assert.ok(await api().part(LoginTokens).find(token));
    const row = api().db.selectFrom('login_tokens').select('expires_at').where('hash', '=', hash);
    const { expires_at } = await row.executeTakeFirstOrThrow();
    const [published = 0] = await api().part(Tokens).remaining([hash]);
    return [expires_at - Date.now(), published].map((ms) => Math.round(ms / DAY_MS)) as [
      number,
      number,
    ];
  }

  it('ends 30 days after the provider was last asked, whatever use is made of it', async () => {
    assert.deepEqual(await daysLeft(await person('oidc https://login.example.org'), 20), [10, 10]);
  });

  it('ends 90 days after the directory last answered', async () => {
    assert.deepEqual(await daysLeft(await person('ldap'), 60), [30, 30]);
  });

  it('lasts by use alone for an account that has a password here', async () => {
    assert.deepEqual(await daysLeft(await person('oidc https://b.example.org', 'x'), 80), [90, 90]);
  });
});
