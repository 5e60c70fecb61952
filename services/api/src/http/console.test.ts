import assert from 'node:assert/strict';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, it } from 'node:test';
import { freePort, until } from '@waystation/testkit';
import { stepAt, totpCode } from '../accounts/totp.js';
import { DeviceStore } from '../store/device-store.js';
import { GroupStore } from '../store/group-store.js';
import { UserStore } from '../store/user-store.js';
import { Browser, browserProgram } from '../testing/browser.js';
import { onEveryDatabase } from '../testing/databases.js';
import { OidcTestProvider } from '../testing/oidc-provider.js';
import { corpProvider } from '../testing/oidc-sign-in.js';
import { TestApi } from '../testing/test-api.js';
import { useApi } from '../testing/use-api.js';

const skip = browserProgram === undefined ? 'no Chromium on this machine' : false;
const PHONE_PX = 360;
const DESK_PX = 1280;

onEveryDatabase('the console', (database) => {
  const api = useApi(database, { accessRules: true });

  it('is a page that runs nothing but its own files and that nobody frames', async () => {
    const { status, headers, text } = await api().caller().get('/');
    assert.equal(status, 200);
    const policy = String(headers['content-security-policy']);
    assert.match(policy, /default-src 'none'.*frame-ancestors 'none'/);
    assert.doesNotMatch(policy, /unsafe/);
    const files = [...text.matchAll(/(?:src|href|:) ?=?"\.(\/console\/[^"]+)"/g)];
    const mapped = [...text.matchAll(/": "\.(\/console\/[^"]+)"/g)];
    assert.equal(mapped.length, 3);
    for (const [, path = ''] of [...files, ...mapped]) {
      assert.equal((await api().caller().get(path)).status, 200, path);
    }
    assert.equal((await api().caller().get('/console/public')).status, 404);
    assert.equal((await api().caller().get('/console/dist/..%2f..%2fpackage.json')).status, 404);
  });

  it('signs in, lists, changes and signs out', { skip }, async (test) => {
    const browser = await started(test);
    await api().addUser({ name: 'operator', password: 'long enough', isAdmin: true });
    const device = await api().device();
    await api()
      .caller()
      .post('/api/sysinfo', { ...device, hostname: 'front-desk', os: 'linux' });
    await browser.open(`${api().url}/`);
    await signIn(browser, 'operator', 'not this one');
    await browser.shows('Wrong credentials');
    await browser.open(`${api().url}/`);
    await signIn(browser, 'operator', 'long enough');
    await browser.shows('Set clients up');
    await browser.press('Devices');
    await browser.shows(device.id);
    await browser.press('Users');
    await browser.shows('operator');
    await browser.press('Add user');
    await browser.shows('Shown as');
    await browser.fill('name', 'dana');
    await browser.fill('password', 'short');
    await browser.press('Add user');
    await browser.shows('at least 8 characters');
    await browser.fill('password', ' and now long');
    await browser.press('Add user');
    await browser.shows('dana');
    await browser.press('Sign out');
    await browser.shows('Sign in');
    assert.deepEqual(browser.faults, []);
  });

  it('says whether a user may reach a device, and changes that', { skip }, async (test) => {
    const browser = await started(test);
    await api().addUser({ name: 'ruler', password: 'long enough', isAdmin: true });
    const owner = await api().addUser({ name: 'owner-of-it' });
    const device = await api().device();
    const row = await api().part(DeviceStore).byId(device.id);
    await api()
      .part(DeviceStore)
      .update(row?.guid ?? '', { owner_guid: owner.guid });
    await browser.open(`${api().url}/`);
    await signIn(browser, 'ruler', 'long enough');
    await browser.press('User groups');
    for (const name of ['Askers', 'Owners']) {
      await browser.press('Add group');
      await browser.opens();
      await browser.fill('name', name);
      await browser.press('Add group');
      await browser.shows(name);
    }
    const { guid } =
      (await api().part(GroupStore).list('user_groups', 'owners', ALL)).data[0] ?? {};
    await api()
      .part(UserStore)
      .update(owner.guid, { group_guid: guid ?? '' });
    const asker = await api().addUser({ name: 'asker' });
    await browser.press('Access rules');
    await browser.shows('There are no rules');
    await check(browser, 'asker', device.id);
    await browser.shows('May not connect');
    await browser.shows('No rule lets asker or his group');
    await browser.press('Add rule');
    await browser.opens();
    await browser.choose('from_kind', 'user');
    await browser.fill('from', asker.name);
    await browser.choose('to_kind', 'user-group');
    await browser.fill('to', 'nobody');
    await browser.press('Add rule');
    await browser.shows('There is no user group nobody');
    await browser.fill('to', 'Owners');
    await browser.press('Add rule');
    await browser.shows('devices of user group Owners');
    await browser.open(`${api().url}/#/access-rules?from=as`);
    await check(browser, 'asker', device.id);
    await browser.shows('Rule: user asker may reach devices of user group Owners');
    await browser.open(`${api().url}/#/access-rules?from=nobody-at-all`);
    await browser.shows('Nothing fits these filters');
    assert.deepEqual(browser.faults, []);
  });

  it('shows what devices recorded, and deletes it', { skip }, async (test) => {
    const browser = await started(test);
    await api().addUser({ name: 'watcher', password: 'long enough', isAdmin: true });
    const folder = join(api().config.dataDir, 'recordings', '192.0.2.7');
    const file = join(folder, 'incoming_123456789_20261121030000000_display0_vp9.webm');
    mkdirSync(folder, { recursive: true });
    writeFileSync(file, Buffer.alloc(3 * 1024), { mode: 0o400 });
    await browser.open(`${api().url}/`);
    await signIn(browser, 'watcher', 'long enough');
    await browser.press('Recordings');
    await browser.shows('3.0 KiB');
    assert.match(await browser.text(), /123456789\s.*192\.0\.2\.7/s);
    await browser.press('Download');
    await browser.opens();
    await browser.press('Download');
    const entries = api()
      .db.selectFrom('audit_console')
      .select('guid')
      .where('operation', '=', 125);
    await until(async () => (await entries.execute()).length === 1, { what: 'a note' });
    await browser.press('Delete');
    await browser.opens();
    await browser.press('Delete');
    await browser.shows('There are no recordings');
    assert.equal(existsSync(file), false);
    await browser.press('Operators');
    await browser.shows('deleted a recording');
    assert.deepEqual(browser.faults, []);
  });

  it('invites a user, who chooses a password and sets up his app', { skip }, async (test) => {
    const browser = await started(test);
    await api().addUser({ name: 'host', password: 'long enough', isAdmin: true });
    await browser.open(`${api().url}/`);
    await signIn(browser, 'host', 'long enough');
    await browser.press('Users');
    await browser.press('Invite user');
    await browser.opens();
    await browser.fill('name', 'invitee');
    await browser.press('Invite user');
    await browser.shows('#/invitation?token=');
    const link = await browser.value<string>("document.querySelector('dialog pre').textContent");
    assert.ok(link.startsWith(`${api().url}/#/invitation`));
    await browser.press('Close');
    await browser.shows('invited');
    await api()
      .db.updateTable('users')
      .set({ totp_required: 1 })
      .where('name', '=', 'invitee')
      .execute();
    await browser.press('Sign out');
    await browser.open(link);
    await browser.shows('Welcome, invitee');
    await browser.fill('password', 'chosen by me');
    await browser.fill('again', 'chosen by m');
    await browser.press('Set password');
    await browser.shows('The two passwords differ');
    await browser.fill('again', 'chosen by me');
    await browser.press('Set password');
    await browser.shows('Your password is set');
    await browser.press('Sign in');
    await signIn(browser, 'invitee', 'chosen by me');
    await browser.shows('needs an authenticator app');
    const secret = await browser.value<string>("document.querySelector('pre.copy').textContent");
    await browser.fill('code', totpCode(secret, stepAt(Date.now())));
    await browser.press('Switch on');
    await browser.shows('Keep these codes');
    await browser.press('I have kept them');
    await browser.shows('It is on, and this account has to have it.');
    assert.ok(!(await browser.text()).includes('Relay limits'), 'not for who is no administrator');
    assert.deepEqual(browser.faults, []);
  });

  it('signs in at a provider and comes back', { skip }, async (test) => {
    const provider = await OidcTestProvider.start();
    test.after(() => provider.stop());
    provider.person = { sub: 'console', preferred_username: 'from-elsewhere' };
    const port = await freePort();
    const own = await TestApi.start(await database.fresh(), {
      port,
      publicUrls: [`http://127.0.0.1:${port}`],
      oidcProviders: [corpProvider(provider)],
    });
    test.after(() => own.stop());
    const browser = await started(test);
    await browser.open(`${own.url}/`);
    await browser.press('Sign in with corp');
    await browser.shows('from-elsewhere');
    await browser.press('Sign out');
    await browser.open(`http://localhost:${port}/`);
    await browser.press('Sign in with corp');
    await browser.shows(`Signing in with a provider works at http://127.0.0.1:${port}/`);
    assert.deepEqual(browser.faults, []);
  });

  it('fits a phone: nothing is wider than the screen', { skip }, async (test) => {
    const browser = await Browser.start(String(browserProgram));
    test.after(() => browser.stop());
    await api().addUser({ name: 'on-a-phone', password: 'long enough', isAdmin: true });
    await browser.width(PHONE_PX);
    await browser.open(`${api().url}/`);
    await signIn(browser, 'on-a-phone', 'long enough');
    for (const page of await browser.value<string[]>(MENU)) {
      await browser.open(`${api().url}/${page}`);
      await browser.value(
        'new Promise((done) => requestAnimationFrame(() => setTimeout(done, 100)))',
      );
      const wide = await browser.value<number>('document.documentElement.scrollWidth');
      assert.ok(wide <= PHONE_PX, `${page} is ${wide} px wide`);
    }
  });
});

const MENU = "[...document.querySelectorAll('nav a')].map((link) => link.getAttribute('href'))";

const ALL = { limit: 10, offset: 0 };

async function started(test: TestContext): Promise<Browser> {
  const browser = await Browser.start(String(browserProgram));
  test.after(() => browser.stop());
  await browser.width(DESK_PX);
  return browser;
}

async function check(browser: Browser, user: string, device: string): Promise<void> {
  await browser.fill('user', user);
  await browser.fill('device', device);
  await browser.press('Check');
}

async function signIn(browser: Browser, name: string, password: string): Promise<void> {
  await browser.fill('username', name);
  await browser.fill('password', password);
  await browser.press('Sign in');
}
