import assert from 'node:assert/strict';
import { createConnection } from 'node:net';
import { it } from 'node:test';
import { apiSettings } from '@waystation/config';
import { until } from '@waystation/testkit';
import { onEveryDatabase } from '../testing/databases.js';
import { useApi } from '../testing/use-api.js';

/** Every path of the client's contract. */
const CLIENT_PATHS = [
  'GET /api/login-options',
  'HEAD /api/login-options',
  'POST /api/login',
  'POST /api/logout',
  'POST /api/currentUser',
  'POST /api/oidc/auth',
  'GET /api/oidc/auth-query',
  'GET /api/oidc/callback',
  'POST /api/heartbeat',
  'POST /api/sysinfo',
  'POST /api/sysinfo_ver',
  'GET /api/ab',
  'POST /api/ab',
  'POST /api/ab/get',
  'POST /api/ab/personal',
  'POST /api/ab/settings',
  'POST /api/ab/shared/profiles',
  'POST /api/ab/peers',
  'POST /api/ab/tags/x',
  'POST /api/ab/peer/add/x',
  'PUT /api/ab/peer/update/x',
  'DELETE /api/ab/peer/x',
  'POST /api/ab/tag/add/x',
  'PUT /api/ab/tag/rename/x',
  'PUT /api/ab/tag/update/x',
  'DELETE /api/ab/tag/x',
  'GET /api/users?accessible=',
  'GET /api/peers?accessible=',
  'GET /api/device-group/accessible',
  'POST /api/audit/conn',
  'POST /api/audit/file',
  'POST /api/audit/alarm',
  'GET /api/audit/conn/active',
  'PUT /api/audit',
  'POST /api/record',
  'POST /api/devices/cli',
  'POST /api/devices/deploy',
  'POST /api/switch-grant',
  'GET /',
];

const ORIGIN = 'https://client.example.org';

/** Sends bytes and nothing more; what came back until the other side closed. */
async function untilClosed(port: number, bytes: string): Promise<string> {
  const socket = createConnection({ port, host: '127.0.0.1' });
  let [text, closed] = ['', false];
  socket.on('data', (chunk) => (text += chunk.toString()));
  socket.once('error', () => undefined);
  socket.once('close', () => (closed = true));
  socket.write(bytes);
  await until(() => closed, { what: 'the end of a slow connection', timeoutMs: 30_000 });
  return text;
}

onEveryDatabase('the open port', (database) => {
  const api = useApi(database, { corsOrigins: [ORIGIN], trustedProxies: ['127.0.0.1'] });

  it('[A1] [A2] serves every path of clients over HTTP/1.1, with a slash too many as well', async () => {
    assert.equal(apiSettings.options.port.default, 21114);
    for (const call of CLIENT_PATHS) {
      const [method = '', path = ''] = call.split(' ');
      for (const variant of [path, path.replace(/(?=\?|$)/, '/').replace('//', '/')]) {
        const answer = await api().caller().send({ method, path: variant });
        const shown = `${method} ${variant}: ${answer.status}`;
        assert.ok(answer.status !== 404 && answer.status < 500, shown);
        assert.ok(answer.status < 300 || answer.status >= 400, shown);
      }
    }
    const raw = await untilClosed(
      api().port,
      'GET /api/login-options HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
    );
    assert.match(raw, /^HTTP\/1\.1 200 OK\r\n/);
  });

  it('sends what browsers need to be careful, with answers, refusals and pages', async () => {
    const { caller } = await api().signIn();
    const answers = [
      await caller.post('/api/currentUser'),
      await api().caller().get('/api/users'),
      await api().caller().get('/nowhere'),
      await caller.post('/api/heartbeat', 'no object'),
      await api().caller().get('/api/oidc/callback?state=x'),
      await api().caller().get('/'),
      await api().caller().get('/healthz'),
      await api().caller().get('/api/openapi.json'),
    ];
    for (const { headers } of answers) {
      assert.equal(headers['x-content-type-options'], 'nosniff');
      assert.match(String(headers['content-security-policy']), /default-src 'none'/);
      assert.match(String(headers['content-security-policy']), /frame-ancestors 'none'/);
      assert.equal(headers['x-frame-options'], 'DENY');
      assert.equal(headers['referrer-policy'], 'no-referrer');
      assert.match(String(headers['cache-control']), /no-store|no-cache/);
      assert.equal(headers['x-powered-by'], undefined);
      assert.equal(headers['server'], undefined);
      assert.equal(headers['strict-transport-security'], undefined, 'not over plain HTTP');
    }
    const secure = await api()
      .caller()
      .send({ method: 'GET', path: '/', headers: { 'x-forwarded-proto': 'https' } });
    assert.match(String(secure.headers['strict-transport-security']), /max-age=\d{8}/);
  });

  it('lets pages of named origins call, and no others', async () => {
    const ask = (origin: string, method = 'OPTIONS') =>
      api().caller().send({ method, path: '/api/login-options', headers: { origin } });
    const allowed = await ask(ORIGIN);
    assert.equal(allowed.status, 204);
    assert.equal(allowed.headers['access-control-allow-origin'], ORIGIN);
    assert.equal(allowed.headers['access-control-allow-credentials'], 'true');
    assert.match(String(allowed.headers['access-control-allow-methods']), /DELETE/);
    assert.match(String(allowed.headers['access-control-allow-headers']), /Authorization/);
    assert.equal((await ask(ORIGIN, 'GET')).headers['access-control-allow-origin'], ORIGIN);
    for (const origin of ['https://evil.example', `${ORIGIN}.evil.example`, 'null', '*']) {
      const { headers } = await ask(origin);
      assert.equal(headers['access-control-allow-origin'], undefined, origin);
      assert.match(String(headers['vary']), /Origin/);
    }
  });

  it('serves no file that is not meant for it', async () => {
    for (const path of [
      '/../package.json',
      '/console/dist/../../package.json',
      '/console/dist/%2e%2e/%2e%2e/package.json',
      '/console/public/..%5c..%5cpackage.json',
      '/console/public//etc/passwd',
      '/.env',
      '/api/../waystation.sqlite',
      '/data-key',
    ]) {
      const { status, text } = await api().caller().send({ method: 'GET', path });
      assert.ok(status === 404 || status === 400 || status === 403, `${path}: ${status}`);
      assert.ok(!text.includes('root:') && !text.includes('"dependencies"'), path);
    }
  });

  it('answers odd methods and enormous heads with a refusal and lives on', async () => {
    for (const method of ['TRACE', 'CONNECTX', 'PROPFIND', 'OPTIONS']) {
      const head = `${method} /api/login HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`;
      const text = await untilClosed(api().port, head);
      assert.match(text, /^HTTP\/1\.1 (200|4\d\d) /, method);
      assert.ok(!text.includes('Authorization'));
    }
    const large = `GET / HTTP/1.1\r\nHost: x\r\nX-Large: ${'x'.repeat(100_000)}\r\n\r\n`;
    assert.match(await untilClosed(api().port, large), /^HTTP\/1\.1 431 /);
    const smuggled = 'Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n';
    const two = `POST /api/login HTTP/1.1\r\nHost: x\r\n${smuggled}`;
    assert.match(await untilClosed(api().port, two), /^HTTP\/1\.1 400 /);
    assert.equal((await api().caller().get('/healthz')).status, 200);
  });
});

onEveryDatabase('the open port with little patience', (database) => {
  const api = useApi(database, { headerTimeoutMs: 400, requestTimeoutMs: 800 });

  it('closes requests that come drop by drop', async () => {
    const head = 'POST /api/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n';
    for (const bytes of ['GET / HT', head, `${head}Content-Length: 100\r\n\r\n{"user`]) {
      const text = await untilClosed(api().port, bytes);
      assert.match(text, /^(HTTP\/1\.1 408 |HTTP\/1\.1 400 |$)/, bytes);
    }
    await api().signIn();
  });
});
