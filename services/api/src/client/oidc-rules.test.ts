import assert from 'node:assert/strict';
import { it } from 'node:test';
import { UserStore } from '../store/user-store.js';
import { onEveryDatabase } from '../testing/databases.js';
import { DEVICE, type Json, PUBLIC, signIn, useProvider } from '../testing/oidc-sign-in.js';
import { TestApi } from '../testing/test-api.js';

onEveryDatabase('groups of a provider', (database) => {
  const parts = useProvider(database, {
    allowedGroups: ['remote'],
    adminGroups: ['ops'],
    groups: { helpdesk: 'Support', remote: 'Everybody' },
  });

  it('decide who may come in, who administers, and to which group he belongs', async () => {
    const { api, provider } = parts();
    const signInWith = async (groups: unknown): Promise<Json> => {
      provider.person = { sub: 's-g', preferred_username: 'greta', groups };
      return signIn(api);
    };
    const groupOf = async (): Promise<string | undefined> => {
      const row = await api.db
        .selectFrom('users')
        .innerJoin('user_groups', 'user_groups.guid', 'users.group_guid')
        .select('user_groups.name')
        .where('users.name', '=', 'greta')
        .executeTakeFirst();
      return row?.name;
    };
    for (const none of [undefined, [], ['sales'], { remote: 1 }]) {
      assert.match(String((await signInWith(none))['error']), /in no group/);
    }
    const admin = await signInWith(['/remote', 'OPS', 'helpdesk']);
    assert.equal((admin['user'] as Json)['is_admin'], true);
    assert.equal(await groupOf(), 'Support');
    const usual = await signInWith(['remote']);
    assert.equal((usual['user'] as Json)['is_admin'], false, 'rights go with the group');
    assert.equal(await groupOf(), 'Everybody');
  });
});

onEveryDatabase('a provider for accounts that are here', (database) => {
  const parts = useProvider(database, { signUp: false, existing: 'email' });

  it('opens the one account with the verified address, and no other', async () => {
    const { api, provider } = parts();
    const hugo = await api.addUser({ name: 'hugo', email: 'Hugo@example.com' });
    const attempt = (email: string, email_verified: unknown): Promise<Json> => {
      provider.person = { sub: 's-hugo', preferred_username: 'x', email, email_verified };
      return signIn(api);
    };
    for (const [email, verified] of [
      ['hugo@example.com', false],
      ['hugo@example.com', 'true'],
      ['nobody@example.com', true],
      ['', true],
    ] as const) {
      assert.match(String((await attempt(email, verified))['error']), /no account/);
    }
    const { user } = await attempt('hugo@example.com', true);
    assert.equal((user as Json)['name'], 'hugo');
    assert.equal((await api.part(UserStore).byName('x'))?.guid, undefined);
    const logins = await api.db.selectFrom('login_tokens').selectAll().execute();
    assert.deepEqual(
      logins.map((login) => login.user_guid),
      [hugo.guid],
    );
  });
});

onEveryDatabase('a provider that is away', (database) => {
  const parts = useProvider(database);

  it('is told in plain words and breaks nothing else', async (t) => {
    const { api, provider } = parts();
    await provider.stop();
    const restarted = await TestApi.start(
      { dataDir: api.config.dataDir, databaseUrl: api.config.databaseUrl, databaseConnections: 4 },
      { oidcProviders: api.config.oidcProviders, publicUrls: [PUBLIC] },
    );
    t.after(() => restarted.stop());
    const { json, status } = await restarted
      .caller()
      .post('/api/oidc/auth', { op: 'corp', ...DEVICE });
    assert.equal(status, 200);
    assert.match(String((json as Json)['error']), /cannot be reached/);
    await restarted.signIn();
    assert.equal(((await restarted.caller().get('/api/login-options')).json as string[]).length, 2);
  });
});
