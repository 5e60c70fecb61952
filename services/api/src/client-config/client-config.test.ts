import assert from 'node:assert/strict';
import { it } from 'node:test';
import { renderSVG } from 'uqr';
import { keys } from '@waystation/state';
import { onEveryDatabase } from '../testing/databases.js';
import { useApi } from '../testing/use-api.js';
import { configString, qrText, windowsName } from '@waystation/wire';

const KEY = '5Qbwsde3unUcJBtrx9ZkvUmwFNoExHzpryHuPUdqlWM=';
const REFERENCE = {
  host: 'hbbs.example.com',
  relay: 'hbbr.example.com:21117',
  api: 'https://hbbs.example.com',
  key: KEY,
};
const STRING =
  '0nI900VsFHZVBVdIlncwpHS4V0bOZ0dtVldrpVO4JHdCp0YV5WdzUGZzdnYRVjI6ISeltmIsISbvNmLlxGctFGel5yciJGav8iOzBHd0hmI6ISawFmIsIyNxETMyoTbvNmLlxGctFGel5iciJGaiojI5FGblJnIsISbvNmLlxGctFGel5yciJGaiojI0N3boJye';

function decoded(text: string): unknown {
  return JSON.parse(Buffer.from([...text].reverse().join(''), 'base64url').toString());
}

it('[A105] the configuration string is the reference, without padding', () => {
  assert.equal(configString(REFERENCE), STRING);
  assert.equal(windowsName(REFERENCE), `rustdesk-licensed-${STRING}.exe`);
  assert.equal(qrText(REFERENCE), `config=${STRING}`);
});

it('[A105] no configuration string has = or --, whatever is in it', () => {
  for (let length = 0; length < 200; length++) {
    const host = `${'ü🚉~?'.repeat(20)}${'x'.repeat(length)}`;
    const text = configString({ ...REFERENCE, host });
    assert.match(text, /^[A-Za-z0-9_-]+$/);
    assert.doesNotMatch(text, /--/);
    assert.equal((decoded(text) as { host: string }).host, host);
  }
});

onEveryDatabase('client configuration', (database) => {
  const api = useApi(database, { host: '', trustedProxies: ['127.0.0.1'] });

  it('tells every user how his clients find this server', async () => {
    const { caller } = await api().signIn();
    await api().redis.hset(keys.serverKey, { publicKey: KEY, licenceKey: KEY, signs: 'yes' });
    const { json, status } = await caller.get('/api/v1/client-config');
    assert.equal(status, 200);
    const answer = json as Record<string, string>;
    assert.deepEqual(decoded(answer['config'] ?? ''), {
      host: '127.0.0.1',
      relay: '',
      api: '',
      key: KEY,
    });
    const secure = await caller.send({
      method: 'GET',
      path: '/api/v1/client-config?relay=relay.example.org:21117',
      headers: { host: 'rd.example.org', 'x-forwarded-proto': 'https' },
    });
    const { host, api: address, relay } = secure.json as Record<string, string>;
    assert.deepEqual(
      [host, address, relay],
      ['rd.example.org', 'https://rd.example.org', 'relay.example.org:21117'],
    );
    assert.equal((await caller.get('/api/v1/client-config?api=ftp://x')).status, 400);
    assert.equal((await api().caller().get('/api/v1/client-config')).status, 401);
  });

  it('[A106] draws the QR code, of a text that phones import', async () => {
    const { caller } = await api().signIn();
    await api().redis.hset(keys.serverKey, { publicKey: KEY, licenceKey: KEY, signs: 'yes' });
    const query = 'host=rd.example.org&api=https://rd.example.org&relay=rd.example.org:21117';
    const told = await caller.get(`/api/v1/client-config?${query}`);
    const { qr_text } = told.json as { qr_text: string };
    const drawn = await caller.get(`/api/v1/client-config/qr.svg?${query}`);
    assert.equal(
      drawn.text,
      renderSVG(qr_text, { ecc: 'M', border: 4 }),
      'the code is of this text',
    );
    const [, scanned = ''] = /^config=([A-Za-z0-9_-]+)$/.exec(qr_text) ?? [];
    const fields = decoded(scanned) as Record<string, string>;
    assert.deepEqual(fields, {
      host: 'rd.example.org',
      relay: 'rd.example.org:21117',
      api: 'https://rd.example.org',
      key: KEY,
    });
    const { status, headers, text } = await caller.get('/api/v1/client-config/qr.svg');
    assert.equal(status, 200);
    assert.equal(headers['content-type'], 'image/svg+xml; charset=utf-8');
    assert.match(text, /^<svg [^]*<\/svg>$/);
  });
});
