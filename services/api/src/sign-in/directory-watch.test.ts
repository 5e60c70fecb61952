import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, it } from 'node:test';
import { Tokens, hashToken } from '@waystation/state';
import { until } from '@waystation/testkit';
import { UserStore } from '../store/user-store.js';
import { CERTIFICATE } from '../testing/certificate.js';
import { onEveryDatabase } from '../testing/databases.js';
import { BASE, BIND_DN, BIND_PASSWORD } from '../testing/directory-content.js';
import { SmallDirectory } from '../testing/directory-server.js';
import { TestApi } from '../testing/test-api.js';

const SOON = { timeoutMs: 30_000, everyMs: 50 };
const LIMIT = { timeout: 120_000 };

onEveryDatabase('logins of people of a directory', (database) => {
  let api: TestApi;
  let directory: SmallDirectory;

  before(async () => {
    directory = await SmallDirectory.start();
    const store = await database.fresh();
    const ldapCaFile = join(store.dataDir, 'ca.pem');
    writeFileSync(ldapCaFile, CERTIFICATE);
    api = await TestApi.start(store, {
      ldapUrls: [directory.url],
      ldapCaFile,
      ldapBindDn: BIND_DN,
      ldapBindPassword: BIND_PASSWORD,
      ldapBaseDn: BASE,
      ldapUserFilter: '(&(objectClass=inetOrgPerson)(|(uid={username})(mail={username})))',
      ldapAllowedGroups: ['remote'],
      ldapAdminGroups: ['remote-admins'],
      ldapTimeoutMs: 2000,
      ldapRecheckMs: 200,
    });
  });
  after(async () => {
    await api.stop();
    await directory.stop();
  });

  const signIn = (uid: string): Promise<string> => api.login(uid, `password of ${uid}`);

  async function isIn(token: string): Promise<boolean> {
    const { status, text } = await api.caller(token).post('/api/currentUser', {});
    if (status !== 200) assert.deepEqual([status, JSON.parse(text)], [401, INVALID]);
    return status === 200;
  }

  /** The directory has been asked about everybody once more since now. */
  async function askedAgain(name: string): Promise<void> {
    const since = Date.now();
    const asked = async (): Promise<boolean> => {
      const user = await api.part(UserStore).byName(name);
      const row = api.db.selectFrom('external_identities').select('vouched_at');
      const found = await row.where('user_guid', '=', user?.guid ?? '').executeTakeFirst();
      return (found?.vouched_at ?? 0) > since;
    };
    await until(asked, { ...SOON, what: 'the directory to be asked' });
  }

  /** Changes the entry of this name. */
  function change(rdn: string, more: Record<string, readonly string[]>, dn?: string): void {
    const at = directory.entries.findIndex((entry) => entry.dn.startsWith(`${rdn},`));
    const entry = directory.entries[at];
    assert.ok(entry);
    const { attributes } = entry;
    directory.entries[at] = {
      ...entry,
      dn: dn ?? entry.dn,
      attributes: { ...attributes, ...more },
    };
  }

  it('go on while nothing changes, and when somebody gets another name', LIMIT, async () => {
    const token = await signIn('lena');
    await askedAgain('lena');
    assert.ok(await isIn(token));
    const old = `uid=lena,ou=people,${BASE}`;
    const dn = `uid=magda,ou=people,${BASE}`;
    change('uid=lena', { uid: ['magda'], entryUUID: [`uuid of ${old}`] }, dn);
    change('cn=remote', { member: [dn, `uid=otto,ou=people,${BASE}`] });
    await askedAgain('lena');
    assert.ok(await isIn(token));
  });

  it('end for somebody who leaves the group that may, and he cannot come back', LIMIT, async () => {
    const token = await api.login('magda', 'password of lena');
    change('cn=remote', { member: [`uid=otto,ou=people,${BASE}`] });
    await until(async () => !(await isIn(token)), { ...SOON, what: 'the login to end' });
    assert.equal(await api.part(Tokens).find(hashToken(token)), undefined, 'at the rendezvous too');
    await assert.rejects(api.login('magda', 'password of lena'), /in no group/);
  });

  it(
    'go on while the directory is away, and those of accounts with a password here',
    LIMIT,
    async () => {
      const [token, local] = [await signIn('otto'), await api.signIn()];
      directory.mute = true;
      const failed = (): boolean => api.logged.join().includes('could not ask the directory');
      await until(failed, { ...SOON, what: 'a look that fails' });
      assert.ok((await isIn(token)) && (await isIn(local.token)));
      directory.mute = false;
      await askedAgain('otto');
      assert.ok((await isIn(token)) && (await isIn(local.token)));
    },
  );

  it('end for somebody who is shut out there, and so do the rights from there', LIMIT, async () => {
    const { token: local } = await api.signIn({ isAdmin: true });
    const token = await signIn('otto');
    const { json } = await api.caller(token).post('/api/currentUser', {});
    assert.equal((json as { is_admin: boolean }).is_admin, true);
    const scopes = { scopes: { users: 'r' }, name: 'x' };
    const made = (await api.caller(token).post('/api/v1/tokens', scopes)).json as { token: string };
    assert.equal((await api.caller(made.token).get('/api/users')).status, 200);
    change('uid=otto', { objectClass: ['person'] });
    await until(async () => !(await isIn(token)), { ...SOON, what: 'the login to end' });
    const isOver = async (): Promise<boolean> =>
      (await api.caller(made.token).get('/api/users')).status === 401;
    await until(isOver, { ...SOON, what: 'his API token to end' });
    assert.ok(await isIn(local));
  });
});

const INVALID = { error: 'Invalid token' };
