import assert from 'node:assert/strict';
import { it } from 'node:test';
import { Browser, browserProgram } from '../testing/browser.js';
import { onEveryDatabase } from '../testing/databases.js';
import { useApi } from '../testing/use-api.js';

const skip = browserProgram === undefined ? 'no Chromium on this machine' : false;
const PHONE_PX = 360;
const DESK_PX = 1280;

onEveryDatabase('the console', (database) => {
  const api = useApi(database);

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
    const browser = await Browser.start(String(browserProgram));
    test.after(() => browser.stop());
    await api().addUser({ name: 'operator', password: 'long enough', isAdmin: true });
    const device = await api().device();
    await api()
      .caller()
      .post('/api/sysinfo', { ...device, hostname: 'front-desk', os: 'linux' });
    await browser.width(DESK_PX);
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

async function signIn(browser: Browser, name: string, password: string): Promise<void> {
  await browser.fill('username', name);
  await browser.fill('password', password);
  await browser.press('Sign in');
}
