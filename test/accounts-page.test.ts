import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { allSettings, apiSettings, readConfig } from '@waystation/config';

const page = readFileSync(new URL('../../docs/accounts.md', import.meta.url), 'utf8');
const SIGN_IN = /^(OIDC|SMTP|LDAP|MAIL|CORS|HTTP)_|^PUBLIC_URLS$/;

test('docs/accounts.md tells every setting of signing in, and none that there is not', () => {
  const names = Object.values(apiSettings.options).map(({ name }) => name);
  const told = new Set(page.match(/\b[A-Z]+(_[A-Z]+)+\b/g));
  const missing = names.filter((name) => SIGN_IN.test(name) && !told.has(name));
  assert.deepEqual(missing, []);
  const known = new Set(
    allSettings.flatMap(({ options }) => Object.values(options).map(({ name }) => name)),
  );
  const unknown = [...told].filter((name) => !known.has(name.replace(/_FILE$/, '')));
  assert.deepEqual(
    unknown.filter((name) => !known.has(name)),
    ['NAME_FILE', 'NODE_EXTRA_CA_CERTS'],
  );
});

test('the examples of docs/accounts.md are settings that work', () => {
  const [json = ''] = page.match(/(?<=```json\n).*?(?=```)/s) ?? [];
  const env = {
    OIDC_PROVIDERS: json,
    PUBLIC_URLS: 'https://remote.example.org',
  };
  const sources = { argv: [], cwd: '/nonexistent' };
  const [provider] = readConfig(apiSettings, { ...sources, env }).oidcProviders;
  assert.equal(provider?.issuer, 'https://login.example.org/realms/corp');
  for (const field of Object.keys(provider)) assert.ok(page.includes(`\`${field}\``), field);
  const examples = page.matchAll(/```sh\n(LDAP_.*?)```/gs);
  for (const [, text = ''] of examples) {
    const lines = text.trim().split('\n');
    const entries = lines.map((line): [string, string] => {
      const [, name = '', value = ''] = /^(\w+)=(.*)$/.exec(line) ?? [];
      return name.endsWith('_PASSWORD_FILE') ? [name.slice(0, -5), 'x'] : [name, value];
    });
    const { ldapUrls } = readConfig(apiSettings, { ...sources, env: Object.fromEntries(entries) });
    assert.ok(ldapUrls.length > 0);
  }
});
