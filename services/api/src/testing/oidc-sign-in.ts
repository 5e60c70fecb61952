import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { apiSettings } from '@waystation/config';
import type { ApiConfig } from '../api-config.js';
import type { Answer } from './caller.js';
import type { TestDatabase } from './databases.js';
import { OidcTestProvider } from './oidc-provider.js';
import { TestApi } from './test-api.js';

/** Addresses of the api that browsers know. */
export const PUBLIC = 'https://rd.example.com';
export const OTHER = 'https://other.example.com/rd';
export const DEVICE = { id: '123456789', uuid: 'NGM0YzQ1NDQtMDA0Ni0zNTEw' };
/** What makes clients ask again. */
export const PENDING = 'No authed oidc is found';

type Provider = ApiConfig['oidcProviders'][number];
export type Json = Record<string, unknown>;

/** The provider as an operator names it who has no other wishes. */
export function corpProvider({ issuer, clientId, clientSecret }: OidcTestProvider): Provider {
  const text = JSON.stringify([{ name: 'corp', issuer, clientId, clientSecret }]);
  const [provider] = apiSettings.options.oidcProviders.parse(text, false);
  assert.ok(provider);
  return provider;
}

/** An api with one provider, whose rules a suite chooses. */
export function useProvider(
  database: TestDatabase,
  rules: Partial<Provider> = {},
): () => { api: TestApi; provider: OidcTestProvider } {
  let parts: { api: TestApi; provider: OidcTestProvider } | undefined;
  const endings = new AsyncDisposableStack();
  before(async () => {
    const provider = await OidcTestProvider.start();
    endings.defer(() => provider.stop());
    const settings = {
      oidcProviders: [{ ...corpProvider(provider), ...rules }],
      publicUrls: [PUBLIC, OTHER],
      trustedProxies: ['127.0.0.1'],
    };
    const api = await TestApi.start(await database.fresh(), settings);
    endings.defer(() => api.stop());
    parts = { provider, api };
  });
  after(() => endings.disposeAsync());
  return () => {
    if (parts === undefined) throw new Error('for tests and hooks');
    parts.provider.bent = {};
    return parts;
  };
}

/** What a client does first. */
export async function begin(
  api: TestApi,
  more: object = {},
): Promise<{ code: string; url: string }> {
  const deviceInfo = { os: 'windows', type: 'client', name: '<b>desk</b>-07' };
  const body = { op: 'corp', ...DEVICE, deviceInfo, apiDomain: PUBLIC, ...more };
  const { json, status } = await api.caller().post('/api/oidc/auth', body);
  assert.equal(status, 200);
  return json as { code: string; url: string };
}

/** What a client asks again and again. */
export async function poll(api: TestApi, code: string, device: object = DEVICE): Promise<Json> {
  const query = new URLSearchParams({ code, ...device });
  const { json, status } = await api.caller().get(`/api/oidc/auth-query?${query.toString()}`);
  assert.equal(status, 200);
  return json as Json;
}

/** What the provider sends the browser back with. */
export async function visit(url: string): Promise<URL> {
  const response = await fetch(url, { redirect: 'manual' });
  return new URL(response.headers.get('location') ?? 'about:blank');
}

/** The browser comes back, from the client's own address unless told otherwise. */
export function comeBack(api: TestApi, back: URL, address = '127.0.0.1'): Promise<Answer> {
  const headers = { 'x-forwarded-for': address };
  return api.caller().send({ method: 'GET', path: `/api/oidc/callback${back.search}`, headers });
}

/** The whole way; what the client gets at its end. */
export async function signIn(api: TestApi): Promise<Json> {
  const { code, url } = await begin(api);
  await comeBack(api, await visit(url));
  return poll(api, code);
}
