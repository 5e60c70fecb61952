import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Answer } from '../testing/caller.js';
import { onEveryDatabase } from '../testing/databases.js';
import { type Json, OTHER, PUBLIC, poll, useProvider, visit } from '../testing/oidc-sign-in.js';
import type { TestApi } from '../testing/test-api.js';

/** The console is no device. */
const NO_DEVICE = { id: '', uuid: '' };

onEveryDatabase('signing in at a provider in the console', (database) => {
  const parts = useProvider(database);

  function begin(api: TestApi, more: object = {}, origin = PUBLIC): Promise<Answer> {
    const body = { op: 'corp', ...NO_DEVICE, apiDomain: PUBLIC, browser: true, ...more };
    const headers = { 'content-type': 'application/json', origin };
    const path = '/api/oidc/auth';
    return api.caller().send({ method: 'POST', path, headers, body: JSON.stringify(body) });
  }

  function cookieOf({ headers }: Answer): string {
    return headers['set-cookie']?.[0] ?? '';
  }

  function comeBack(api: TestApi, back: URL, cookie: string): Promise<Answer> {
    const path = `/api/oidc/callback${back.search}`;
    return api.caller().send({ method: 'GET', path, headers: { cookie } });
  }

  it('leads back to the console, which has the login, and asks nobody whether it was him', async () => {
    const { api, provider } = parts();
    provider.person = { sub: 's-b1', preferred_username: 'brigitte' };
    const begun = await begin(api);
    const { code, url } = begun.json as { code: string; url: string };
    const cookie = cookieOf(begun);
    assert.match(cookie, /^waystation-sign-in=b_\S+; Path=\/api\/oidc\/callback; Max-Age=300;/);
    assert.match(cookie, /HttpOnly; SameSite=Lax; Secure$/);
    const { searchParams } = new URL(url);
    assert.equal(searchParams.get('code_challenge_method'), 'S256');
    assert.ok((searchParams.get('state') ?? '').length > 20);
    const [sent = ''] = cookie.split(';');
    const back = await comeBack(api, await visit(url), `other=1; ${sent}`);
    assert.deepEqual([back.status, back.headers.location], [303, `${PUBLIC}/`]);
    assert.match(cookieOf(back), /^waystation-sign-in=; .*Max-Age=0/);
    const answer = await poll(api, code, NO_DEVICE);
    const me = await api.caller(String(answer['access_token'])).get('/api/v1/me');
    assert.equal((me.json as Json)['name'], 'brigitte');
  });

  it('tells the console why the provider did not vouch', async () => {
    const { api, provider } = parts();
    provider.person = { sub: 's-b2', preferred_username: 'berta' };
    const begun = await begin(api);
    const { code, url } = begun.json as { code: string; url: string };
    const denied = new URL(await visit(url));
    const state = denied.searchParams.get('state') ?? '';
    denied.search = new URLSearchParams({ error: 'access_denied', state }).toString();
    const [sent = ''] = cookieOf(begun).split(';');
    assert.equal((await comeBack(api, denied, sent)).status, 303);
    assert.match(String((await poll(api, code, NO_DEVICE))['error']), /did not vouch for you/);
  });

  it('counts in the browser that began it alone', async () => {
    const { api, provider } = parts();
    provider.person = { sub: 's-b3', preferred_username: 'bruno' };
    for (const cookie of ['', 'waystation-sign-in=b_another']) {
      const { code, url } = (await begin(api)).json as { code: string; url: string };
      const back = await comeBack(api, await visit(url), cookie);
      assert.equal(back.status, 200);
      assert.match(back.text, /begun in another browser/);
      assert.match(String((await poll(api, code, NO_DEVICE))['error']), /another browser/);
    }
  });

  it('begins only where the console is at home, and ends nowhere else', async () => {
    const { api } = parts();
    const other = await begin(api, { apiDomain: OTHER }, new URL(OTHER).origin);
    assert.match(cookieOf(other), /Path=\/rd\/api\/oidc\/callback;/);
    for (const [apiDomain, origin] of [
      ['https://evil.example.com', 'https://evil.example.com'],
      ['', PUBLIC],
      [`${PUBLIC}.example.net`, PUBLIC],
      [PUBLIC, 'https://evil.example.com'],
    ] as const) {
      const refused = await begin(api, { apiDomain }, origin);
      assert.deepEqual(refused.json, { error: `Signing in with a provider works at ${PUBLIC}/` });
      assert.equal(refused.headers['set-cookie'], undefined);
    }
  });
});
