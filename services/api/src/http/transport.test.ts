import assert from 'node:assert/strict';
import { createConnection } from 'node:net';
import { it } from 'node:test';
import { until } from '@waystation/testkit';
import { AddressBooks } from '../books/address-books.js';
import { DeviceStore } from '../store/device-store.js';
import { onEveryDatabase } from '../testing/databases.js';
import { useApi } from '../testing/use-api.js';

/** Everything that a socket answers to these bytes. */
async function raw(port: number, bytes: string): Promise<string> {
  const socket = createConnection({ port, host: '127.0.0.1' });
  let text = '';
  socket.on('data', (chunk) => (text += chunk.toString()));
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.write(bytes);
  await until(() => text.includes('\r\n\r\n'), { what: 'an answer' });
  socket.end();
  await closed;
  return text;
}

onEveryDatabase('the HTTP port', (database) => {
  const api = useApi(database, { trustedProxies: [] });

  it('[A2] [A3] [A7] [A8] answers every successful call 200, whatever fields a client adds', async () => {
    const device = await api().device();
    const { caller, user } = await api().signIn({}, device);
    const { caller: script } = await api().apiToken({ devices: 'rw' });
    const facts = { name: 'Everything', note: '', password: '' };
    const guid = await api().part(AddressBooks).create(user, facts);
    const { id, uuid } = device;
    const future = { id, uuid, some_future_field: { deep: [1, null] } };
    const calls = [
      () => caller.get('/api/login-options'),
      () => caller.post('/api/currentUser', future),
      () => caller.post('/api/heartbeat', future),
      () => caller.post('/api/sysinfo', future),
      () => caller.post('/api/sysinfo_ver'),
      () => caller.get('/api/ab'),
      () => caller.post('/api/ab', { data: '{"tags":[],"peers":[]}', ...future }),
      () => caller.post('/api/ab/get', future),
      () => caller.post('/api/ab/personal'),
      () => caller.post('/api/ab/settings'),
      () => caller.post('/api/ab/shared/profiles?current=1&pageSize=100'),
      () => caller.post(`/api/ab/peers?current=1&pageSize=100&ab=${guid}`),
      () => caller.post(`/api/ab/tags/${guid}`),
      () => caller.post(`/api/ab/peer/add/${guid}`, future),
      () => caller.put(`/api/ab/peer/update/${guid}`, future),
      () => caller.post(`/api/ab/tag/add/${guid}`, { name: 'a', color: 1, ...future }),
      () => caller.put(`/api/ab/tag/rename/${guid}`, { old: 'a', new: 'b', ...future }),
      () => caller.put(`/api/ab/tag/update/${guid}`, { name: 'b', color: 2, ...future }),
      () => caller.delete(`/api/ab/tag/${guid}`, ['b']),
      () => caller.delete(`/api/ab/peer/${guid}`, [id]),
      () => caller.get('/api/users?current=1&pageSize=100&accessible=&status=1'),
      () => caller.get('/api/peers?current=1&pageSize=100&accessible=&status=1'),
      () => caller.get('/api/device-group/accessible?current=1&pageSize=100'),
      () => caller.post('/api/audit/conn', { ...future, conn_id: 1, action: 'new', ip: '::1' }),
      () => caller.post('/api/audit/file', { ...future, type: 0, info: '{}' }),
      () => caller.post('/api/audit/alarm', { ...future, typ: 0, info: '{}' }),
      () => caller.get(`/api/audit/conn/active?id=${id}&session_id=1&conn_type=0`),
      () => script.post('/api/devices/cli', { ...future, note: 'n' }),
      () => script.post('/api/devices/deploy', future),
      () => caller.post('/api/switch-grant', future),
      () => caller.post('/api/logout', future),
    ];
    for (const call of calls) {
      const { status, text } = await call();
      assert.equal(status, 200, `${String(call)}: ${text}`);
      assert.ok(!text.includes('"error"'), `${String(call)}: ${text}`);
    }
  });

  it('[A4] answers HEAD of login-options without a body', async () => {
    const answer = await api().caller().send({ method: 'HEAD', path: '/api/login-options' });
    assert.equal(answer.status, 200);
    assert.equal(answer.bytes.length, 0);
  });

  it('gives login-options as an empty list, and a clear text for what there is not', async () => {
    assert.equal((await api().caller().get('/api/login-options')).text, '[]');
    for (const path of ['/api/currentGroup', '/lic/web/api/plugin-sign', '/nowhere']) {
      const answer = await api().caller().post(path, {});
      assert.equal(answer.status, 404);
      assert.equal(typeof (answer.json as { error: unknown }).error, 'string');
    }
  });

  it('ends a sign-in elsewhere with a text where there is no provider', async () => {
    const begun = await api().caller().post('/api/oidc/auth', { op: 'github', id: '1', uuid: 'x' });
    assert.equal(typeof (begun.json as { error: unknown }).error, 'string');
    const polled = await api().caller().get('/api/oidc/auth-query?code=1&id=1&uuid=x');
    assert.equal(polled.status, 200);
    assert.doesNotMatch(polled.text, /No authed oidc is found/);
  });

  it('[A5] takes a POST with a content type and no body, with and without a length', async () => {
    const { token, user } = await api().signIn();
    const facts = { name: 'Empty bodies', note: '', password: '' };
    const guid = await api().part(AddressBooks).create(user, facts);
    const paths = ['ab/personal', 'ab/settings', 'ab/shared/profiles', `ab/peers?ab=${guid}`];
    for (const path of [...paths, `ab/tags/${guid}`, 'sysinfo_ver']) {
      for (const length of ['Content-Length: 0\r\n', '']) {
        const head = `POST /api/${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n`;
        const rest = `Authorization: Bearer ${token}\r\nConnection: close\r\n${length}\r\n`;
        const text = await raw(api().port, head + rest);
        assert.match(text, /^HTTP\/1\.1 200 OK\r\n/, `${path} ${length}`);
      }
    }
  });

  it('refuses what is too large or no JSON with a text, not with a fault', async () => {
    const { caller } = await api().signIn();
    const headers = { 'content-type': 'application/json' };
    const post = (path: string, body: string) =>
      caller.send({ method: 'POST', path, headers, body });
    const large = await post('/api/audit/alarm', `{"info":"${'x'.repeat(300_000)}"}`);
    assert.equal(large.status, 413);
    for (const body of ['{', 'x', '{"a":1}}']) {
      assert.equal((await post('/api/heartbeat', body)).status, 400);
    }
    const deep = await post('/api/heartbeat', '['.repeat(100_000));
    assert.equal(deep.status, 400);
    for (const query of ['current=0', 'current=x', 'pageSize=-1', 'current=1&current=2']) {
      assert.equal((await caller.get(`/api/peers?accessible=&${query}`)).status, 400);
    }
    const stranger = api().caller();
    const ab = { method: 'POST', path: '/api/ab', headers, body: 'x'.repeat(1_000_000) };
    assert.equal((await stranger.send(ab)).status, 401, 'before anything is read');
  });

  it('[A11] answers odd input with a text and never with a fault', async () => {
    const { caller } = await api().signIn();
    const odd = [null, [], 5, 'x', { id: {} }, { id: '\0', uuid: '\ud800', peer: 1, conns: {} }];
    const paths = ['login', 'heartbeat', 'sysinfo', 'audit/conn', 'audit/file', 'audit/alarm'];
    for (const path of [
      ...paths,
      'switch-grant',
      'ab',
      'ab/get',
      'ab/peer/add/x',
      'ab/tag/add/x',
    ]) {
      for (const body of odd) {
        const { status } = await caller.post(`/api/${path}`, body);
        assert.ok(status < 500, `${path} ${JSON.stringify(body)}`);
      }
    }
    const odder = ['\0', 'a\0b'];
    assert.ok((await caller.delete('/api/ab/peer/x', odder)).status < 500);
    const { guid } = (await caller.post('/api/ab/personal')).json as { guid: string };
    assert.equal((await caller.delete(`/api/ab/peer/${guid}`, odder)).status, 200);
    assert.equal((await caller.delete(`/api/ab/tag/${guid}`, odder)).status, 200);
    const names = { old: '\0', new: '\0', name: '\0\ud800', color: 1 };
    assert.ok((await caller.put(`/api/ab/tag/rename/${guid}`, names)).status < 500);
    assert.equal((await caller.post(`/api/ab/tag/add/${guid}`, names)).status, 200);
    for (const path of ['ab/tags/%00', 'ab/tags/%ff', 'users?current=%00', 'peers?id[a]=b']) {
      assert.ok((await caller.get(`/api/${path}`)).status < 500, path);
    }
  });

  it('[A108] does not believe forwarded addresses of strangers', async () => {
    const { id, uuid } = await api().device();
    const headers = { 'content-type': 'application/json', 'x-forwarded-for': '198.51.100.1' };
    const body = JSON.stringify({ id, uuid });
    await api().caller().send({ method: 'POST', path: '/api/heartbeat', headers, body });
    assert.equal((await api().part(DeviceStore).byId(id))?.last_ip, '127.0.0.1');
  });
});

onEveryDatabase('the HTTP port behind a proxy', (database) => {
  const api = useApi(database, { trustedProxies: ['127.0.0.0/8'], basePath: '/rd' });

  it('[A108] believes the address that a trusted proxy forwards', async () => {
    const { id, uuid } = await api().device();
    const forwarded = '203.0.113.250, 198.51.100.1';
    const headers = { 'content-type': 'application/json', 'x-forwarded-for': forwarded };
    const body = JSON.stringify({ id, uuid });
    await api().caller().send({ method: 'POST', path: '/api/heartbeat', headers, body });
    assert.equal((await api().part(DeviceStore).byId(id))?.last_ip, '198.51.100.1');
  });

  it('[A15] works whether the proxy strips its path or keeps it', async () => {
    for (const path of ['/api/login-options', '/rd/api/login-options']) {
      assert.equal((await api().caller().get(path)).text, '[]');
    }
    assert.equal((await api().caller().get('/rdx/api/login-options')).status, 404);
  });
});
