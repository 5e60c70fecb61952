import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { freePort } from '@waystation/testkit';
import type { ApiConfig } from '../api-config.js';
import { UserStore } from '../store/user-store.js';
import { CERTIFICATE } from '../testing/certificate.js';
import { type TestDatabase, onEveryDatabase } from '../testing/databases.js';
import { BASE, BIND_DN, BIND_PASSWORD } from '../testing/directory-content.js';
import { SmallDirectory, type TestDirectory } from '../testing/directory-server.js';
import { findSlapd, startSlapd } from '../testing/slapd.js';
import { TestApi } from '../testing/test-api.js';

const WRONG = { error: 'Wrong credentials' };

type Json = Record<string, unknown>;
type Settings = (directory: TestDirectory) => Partial<ApiConfig>;

interface Parts<D> {
  readonly api: TestApi;
  readonly directory: D;
}

/** An api with a directory of its own. */
function useDirectory<D extends TestDirectory>(
  database: TestDatabase,
  start: () => Promise<D>,
  settings: Settings = () => ({}),
): () => Parts<D> {
  let parts: Parts<D> | undefined;
  const endings = new AsyncDisposableStack();
  before(async () => {
    const directory = await start();
    endings.defer(() => directory.stop());
    const store = await database.fresh();
    const ldapCaFile = join(store.dataDir, 'ca.pem');
    writeFileSync(ldapCaFile, CERTIFICATE);
    const usual: Partial<ApiConfig> = {
      ldapUrls: [directory.url],
      ldapCaFile,
      ldapBindDn: BIND_DN,
      ldapBindPassword: BIND_PASSWORD,
      ldapBaseDn: BASE,
      ldapTimeoutMs: 2000,
    };
    const api = await TestApi.start(store, { ...usual, ...settings(directory) });
    endings.defer(() => api.stop());
    parts = { directory, api };
  });
  after(() => endings.disposeAsync());
  return () => {
    if (parts === undefined) throw new Error('for tests and hooks');
    return parts;
  };
}

async function login(api: TestApi, username: string, password: string): Promise<Json> {
  const body = { username, password, id: '1', uuid: 'x', type: 'account' };
  const { json, status } = await api.caller().post('/api/login', body);
  assert.equal(status, 200);
  return json as Json;
}

async function noGuards(api: TestApi): Promise<void> {
  await api.db.deleteFrom('login_guards').execute();
}

/** What any directory server has to do, whoever wrote it. */
function anyDirectory(database: TestDatabase, start: () => Promise<TestDirectory>): void {
  const groupFilter = '(&(objectClass=groupOfNames)(member={dn}))';
  for (const secure of [false, true]) {
    void describe(secure ? 'over ldaps' : 'with StartTLS', () => {
      const parts = useDirectory(database, start, (directory) => ({
        ldapUrls: [secure ? directory.secureUrl : directory.url],
        ldapGroupFilter: groupFilter,
        ldapAllowedGroups: ['remote'],
        ldapAdminGroups: [`cn=remote-admins,ou=groups,${BASE}`],
        ldapGroups: ['nobody:Nobody', 'remote:Staff'],
      }));

      it('lets its users in, with name, address, rights and group', async () => {
        const { api } = parts();
        const lena = await login(api, 'lena', 'password of lena');
        assert.equal(lena['type'], 'access_token');
        const { name, display_name, email, is_admin } = lena['user'] as Json;
        assert.deepEqual([name, display_name, email], ['lena', 'Lena L.', 'lena@example.org']);
        assert.equal(is_admin, false);
        const otto = await login(api, 'OTTO', 'password of otto');
        assert.equal((otto['user'] as Json)['is_admin'], true);
        const rows = await api.db
          .selectFrom('users')
          .innerJoin('user_groups', 'user_groups.guid', 'users.group_guid')
          .select(['users.name', 'user_groups.name as group', 'users.password_hash'])
          .execute();
        assert.deepEqual(rows.map((row) => [row.name, row.group, row.password_hash]).sort(), [
          ['lena', 'Staff', null],
          ['otto', 'Staff', null],
        ]);
        assert.match(
          String((await login(api, 'paul', 'password of paul'))['error']),
          /in no group/,
        );
        assert.equal(await api.part(UserStore).byName('paul'), undefined);
      });

      it('keeps out wrong, empty and crafted names and passwords', async () => {
        const { api } = parts();
        const star = await login(api, 'st*r', 'password of st*r');
        assert.equal((star['user'] as Json)['name'], 'st*r');
        for (const [name, password] of [
          ['lena', 'password of otto'],
          ['lena', ''],
          ['', ''],
          ['*', 'password of lena'],
          ['len*', 'password of lena'],
          ['st\\2ar', 'password of st*r'],
          ['x)(uid=lena', 'password of lena'],
          ['lena)(objectClass=*', 'password of lena'],
          ['x)(|(uid=*))', 'password of lena'],
          ['nobody', 'password of lena'],
          ['lena\0', 'nothing'],
        ] as const) {
          await noGuards(api);
          assert.deepEqual(await login(api, name, password), WRONG, name);
        }
      });

      it('is tested by administrators', async () => {
        const { api } = parts();
        const { caller } = await api.signIn({ isAdmin: true });
        const { json } = await caller.post('/api/v1/sign-in/ldap/test');
        assert.deepEqual(json, { works: true, reason: '' });
      });

      it('does not decide about accounts that have a password here', async () => {
        const { api } = parts();
        await noGuards(api);
        await api.addUser({ name: 'paul', password: 'local password' });
        assert.equal((await login(api, 'paul', 'local password'))['type'], 'access_token');
        assert.deepEqual(await login(api, 'paul', 'password of paul'), WRONG);
      });

      it('[A110] leaves no password in the log', () => {
        const logged = parts().api.logged.join('\n');
        for (const secret of [BIND_PASSWORD, 'password of']) assert.ok(!logged.includes(secret));
      });
    });
  }
}

onEveryDatabase('a directory', (database) => {
  anyDirectory(database, () => SmallDirectory.start());
});

const slapd = findSlapd();
const skip = slapd === undefined ? 'OpenLDAP is not installed (package slapd)' : false;
void describe('a directory of OpenLDAP', { skip }, () => {
  onEveryDatabase('is one', (database) => {
    anyDirectory(database, () => startSlapd(slapd ?? ''));
  });
});

onEveryDatabase('a directory with groups in its entries', (database) => {
  const parts = useDirectory(
    database,
    () => SmallDirectory.start(),
    () => ({ ldapAllowedGroups: ['REMOTE'] }),
  );

  it('is searched as the api and asked as the user, always encrypted', async () => {
    const { api, directory } = parts();
    assert.equal((await login(api, 'lena', 'password of lena'))['type'], 'access_token');
    assert.deepEqual(directory.binds, [
      { dn: BIND_DN, encrypted: true },
      { dn: `uid=lena,ou=people,${BASE}`, encrypted: true },
    ]);
    assert.match(String((await login(api, 'paul', 'password of paul'))['error']), /in no group/);
  });

  it('lets nobody set a password here for an account there', async () => {
    const { api } = parts();
    const { access_token } = await login(api, 'lena', 'password of lena');
    const change = { old: 'password of lena', new: 'another password' };
    const answer = await api.caller(String(access_token)).post('/api/v1/me/password', change);
    assert.equal(answer.status, 400);
    assert.equal((await api.part(UserStore).byName('lena'))?.password_hash, null);
  });
});

onEveryDatabase('a directory for accounts that are here', (database) => {
  const parts = useDirectory(
    database,
    () => SmallDirectory.start(),
    () => ({ ldapSignUp: false }),
  );

  it('opens accounts that an administrator has made without a password, and no others', async () => {
    const { api } = parts();
    const { caller: admin } = await api.signIn({ isAdmin: true });
    assert.equal((await admin.post('/api/users', { name: 'lena' })).status, 200);
    assert.equal((await login(api, 'lena', 'password of lena'))['type'], 'access_token');
    assert.match(String((await login(api, 'otto', 'password of otto'))['error']), /no account/);
    assert.equal(await api.part(UserStore).byName('otto'), undefined);
  });
});

onEveryDatabase('a directory that is away', (database) => {
  let dead = 0;
  const parts = useDirectory(
    database,
    async () => {
      dead = await freePort();
      return SmallDirectory.start();
    },
    (directory) => ({ ldapUrls: [`ldap://127.0.0.1:${dead}`, directory.url] }),
  );

  it('is asked at its next server; without any, accounts that are here go on', async () => {
    const { api, directory } = parts();
    assert.equal((await login(api, 'lena', 'password of lena'))['type'], 'access_token');
    directory.mute = true;
    assert.match(String((await login(api, 'lena', 'password of lena'))['error']), /be reached/);
    await directory.stop();
    const { caller } = await api.signIn({ isAdmin: true });
    const tested = (await caller.post('/api/v1/sign-in/ldap/test')).json as Json;
    assert.equal(tested['works'], false);
    assert.match(String(tested['reason']), /ECONNREFUSED/);
    assert.match(String((await login(api, 'lena', 'password of lena'))['error']), /be reached/);
    const { token } = await api.signIn();
    assert.ok(token.length > 0);
  });
});

onEveryDatabase('a directory that nobody vouches for', (database) => {
  const parts = useDirectory(
    database,
    () => SmallDirectory.start(),
    (directory) => ({ ldapCaFile: '', ldapUrls: [directory.secureUrl, directory.url] }),
  );

  it('is told no password', async () => {
    const { api, directory } = parts();
    assert.match(String((await login(api, 'lena', 'password of lena'))['error']), /be reached/);
    assert.deepEqual(directory.binds, []);
  });
});
