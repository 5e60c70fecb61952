import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import { it } from 'node:test';
import { sql } from 'kysely';
import { tablesInOrder } from '../offline/tables.js';
import { UserStore } from '../store/user-store.js';
import { onEveryDatabase } from '../testing/databases.js';
import { useApi } from '../testing/use-api.js';

/** Names that every JavaScript object answers to. */
const INHERITED = ['constructor', 'toString', '__proto__', 'hasOwnProperty', 'valueOf'];
const LISTS = ['devices', 'users', 'v1/sessions', 'v1/attempts', 'audits/conn', 'audits/console'];
const LIMIT = { timeout: 60_000 };

onEveryDatabase('what somebody may try', (database) => {
  const api = useApi(database, { trustedProxies: [] });

  it('nothing but the header Authorization says who somebody is, so no web page can act for him', async () => {
    const { token, caller } = await api().signIn();
    for (const [path, headers] of [
      [`/api/currentUser?access_token=${token}&token=${token}`, {}],
      ['/api/currentUser', { cookie: `access_token=${token}; token=${token}` }],
      ['/api/currentUser', { 'x-access-token': token, 'api-token': token }],
      ['/api/currentUser', { authorization: `Basic ${btoa(`x:${token}`)}` }],
    ] as const) {
      const { status } = await api().caller().send({ method: 'POST', path, headers });
      assert.equal(status, 401, path);
    }
    for (const answer of [await caller.post('/api/currentUser'), await caller.get('/')]) {
      assert.equal(answer.status, 200);
      assert.equal(answer.headers['set-cookie'], undefined);
    }
  });

  it('every login has a new token of 256 random bits, and nothing of it is stored', async () => {
    const user = await api().addUser();
    const wished = 'wsu_a-token-that-somebody-would-like-to-have-chosen';
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${wished}` };
    const fields = {
      username: user.name,
      password: 'pass word',
      id: '',
      uuid: '',
      type: 'account',
    };
    const body = JSON.stringify({ ...fields, access_token: wished, secret: wished });
    const tokens = new Set<string>();
    for (let times = 0; times < 3; times++) {
      const sent = await api().caller().send({ method: 'POST', path: '/api/login', headers, body });
      const { access_token } = sent.json as { access_token: string };
      assert.match(access_token, /^wsu_[A-Za-z0-9_-]{43}$/);
      tokens.add(access_token);
    }
    assert.equal(tokens.size, 3);
    assert.equal((await api().caller(wished).post('/api/currentUser')).status, 401);
    const kind = database.kind === 'SQLite' ? 'sqlite' : 'postgresql';
    for (const name of (await tablesInOrder(api().db, kind)).keys()) {
      const { rows } = await sql`select * from ${sql.table(name)}`.execute(api().db);
      const stored = JSON.stringify(rows);
      for (const token of tokens) assert.ok(!stored.includes(token.slice(4)), name);
      assert.ok(!stored.includes('pass word'), name);
    }
  });

  it('a user cannot give himself rights, and nobody sets what a call does not name', async () => {
    const { user, caller } = await api().signIn();
    const wishes = {
      is_admin: true,
      isAdmin: 1,
      status: 1,
      group_guid: 'x',
      guid: 'x',
      password_hash: '',
    };
    for (const [method, path] of [
      ['POST', '/api/currentUser'],
      ['PUT', '/api/v1/me/mail-code'],
      ['PATCH', '/api/v1/me'],
      ['PATCH', `/api/users/${user.guid}`],
      ['PUT', `/api/users/${user.guid}`],
      ['POST', '/api/users'],
      ['POST', '/api/ab/personal'],
    ] as const) {
      await caller.send({ method, path, body: JSON.stringify(wishes) });
    }
    assert.deepEqual({ ...(await api().part(UserStore).byName(user.name)) }, { ...user });
    const { caller: admin } = await api().signIn({ isAdmin: true });
    const made = {
      ...wishes,
      is_admin: false,
      name: 'plain',
      password: 'long enough',
      created_at: 1,
    };
    assert.equal((await admin.post('/api/users', made)).status, 200);
    const plain = await api().part(UserStore).byName('plain');
    assert.deepEqual([plain?.is_admin, plain?.group_guid, plain?.guid === 'x'], [0, null, false]);
    assert.ok((plain?.created_at ?? 0) > 1 && plain?.password_hash !== '');
  });

  it('no sort, filter or assignment is taken for SQL or for a part of the language', async () => {
    const { caller: admin } = await api().signIn({ isAdmin: true });
    const device = await api().device({ hostname: 'a host' });
    const odd = [
      "' or 1=1 --",
      'id; drop table users',
      'id desc, (select 1)',
      '"',
      '\\',
      ...INHERITED,
    ];
    for (const list of LISTS) {
      for (const text of odd) {
        const value = encodeURIComponent(text);
        assert.equal(
          (await admin.get(`/api/${list}?sort=${value}`)).status,
          400,
          `${list} ${text}`,
        );
        const order = await admin.get(`/api/${list}?sort=created_at&order=${value}`);
        assert.equal(order.status, 400, `${list} order ${text}`);
        for (const filter of ['id', 'name', 'device', 'user', 'device_name', 'operator', text]) {
          const query = new URLSearchParams({ [filter]: text }).toString();
          const { status, json } = await admin.get(`/api/${list}?${query}`);
          assert.equal(status, 200, `${list}?${query}`);
          assert.ok((json as { total: number }).total < 100);
        }
      }
    }
    const found = (await admin.get(`/api/devices?id=${device.id}`)).json as {
      data: { guid: string }[];
    };
    for (const type of INHERITED) {
      const wish = { type, value: '' };
      const { status } = await admin.post(`/api/devices/${found.data[0]?.guid ?? ''}/assign`, wish);
      assert.equal(status, 400, type);
    }
    const { caller } = await api().signIn();
    const book = { tags: INHERITED, peers: [], tag_colors: '{}' };
    const pushed = await caller.post('/api/ab', { data: JSON.stringify(book) });
    assert.equal(pushed.status, 200, pushed.text);
    const { guid } = (await caller.post('/api/ab/personal')).json as { guid: string };
    const { json } = await caller.post(`/api/ab/tags/${guid}`);
    const tags = json as { name: string; color: unknown }[];
    assert.deepEqual(tags.map(({ name }) => name).sort(), [...INHERITED].sort());
    assert.ok(tags.every(({ color }) => typeof color === 'number'));
  });

  it('a pattern made to be slow is answered, and others meanwhile', LIMIT, async () => {
    const device = await api().device({ hostname: 'a'.repeat(250), username: 'a'.repeat(250) });
    const { caller: admin } = await api().signIn({ isAdmin: true });
    const { caller } = await api().signIn();
    const { guid } = (await caller.post('/api/ab/personal')).json as { guid: string };
    await caller.post(`/api/ab/peer/add/${guid}`, {
      id: device.id,
      alias: 'a'.repeat(120),
      tags: [],
    });
    const pattern = encodeURIComponent(`${'%a'.repeat(120)}%b`);
    const answers = await Promise.all([
      admin.get(`/api/devices?device_name=${pattern}`),
      admin.get(`/api/devices?id=${pattern}&device_username=${pattern}`),
      admin.get(`/api/users?name=${pattern}`),
      caller.get(`/api/ab/peers?ab=${guid}&alias=${pattern}`),
      caller.get('/healthz'),
    ]);
    assert.deepEqual(
      answers.map(({ status }) => status),
      [200, 200, 200, 200, 200],
    );
  });

  it('a page has a thousand entries at most, and none is before the first', async () => {
    const { user, caller } = await api().signIn();
    const { guid } = (await caller.post('/api/ab/personal')).json as { guid: string };
    const peers = Array.from({ length: 1200 }, (_, n) => ({ id: String(100_000 + n), tags: [] }));
    const data = JSON.stringify({ tags: [], peers });
    assert.equal((await caller.post('/api/ab', { data })).status, 200, user.name);
    for (const [query, length] of [
      ['pageSize=1000000', 1000],
      ['pageSize=1000000&current=2', 200],
      ['pageSize=1000000&current=99999999999', 0],
    ] as const) {
      const { status, json } = await caller.post(`/api/ab/peers?ab=${guid}&${query}`);
      assert.equal(status, 200, query);
      const page = json as { total: number; data: unknown[] };
      assert.deepEqual([page.total, page.data.length], [1200, length], query);
    }
    for (const bad of ['-1', '0', '1e3', '0x10', '1.5', 'NaN', '٣']) {
      const { status } = await caller.post(
        `/api/ab/peers?ab=${guid}&current=${encodeURIComponent(bad)}`,
      );
      assert.ok(status === 400 || bad === '1e3' || bad === '0x10', bad);
    }
  });

  it(
    'JSON that is deep, or much when unpacked, is refused and costs nothing else',
    LIMIT,
    async () => {
      const { caller, token } = await api().signIn();
      const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
      const post = (path: string, body: string | Buffer, more = {}) =>
        caller.send({ method: 'POST', path, headers: { ...headers, ...more }, body });
      const deep = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);
      const objects = '{"a":'.repeat(40_000) + '1' + '}'.repeat(40_000);
      for (const body of [deep(100_000), objects]) {
        for (const path of ['/api/heartbeat', '/api/login', '/api/audit/conn', '/api/sysinfo']) {
          const { status } = await post(path, body);
          assert.ok(status < 500, `${path}: ${status}`);
        }
      }
      for (const data of [deep(2_000_000), `{"tags":[],"peers":${deep(1_000_000)}}`]) {
        for (const body of [data, JSON.stringify({ data })]) {
          const { status } = await post('/api/ab', body);
          assert.ok(status < 500, String(status));
        }
      }
      const bomb = gzipSync(Buffer.alloc(200 * 2 ** 20, ' '));
      const gzip = { 'content-encoding': 'gzip' };
      assert.equal((await post('/api/ab', bomb, gzip)).status, 413);
      const polluting =
        '{"__proto__":{"is_admin":true,"polluted":1},"constructor":{"prototype":{"polluted":1}}}';
      for (const path of ['/api/heartbeat', '/api/sysinfo', '/api/ab/get'])
        await post(path, polluting);
      assert.equal(({} as { polluted?: number }).polluted, undefined);
      assert.equal((await caller.get('/healthz')).status, 200);
    },
  );

  it('another forwarded address for each guess does not make guessing free', async () => {
    const user = await api().addUser();
    let looked = 0;
    for (let guess = 0; guess < 10; guess++) {
      const forwarded = `198.51.100.${guess}`;
      const headers = {
        'content-type': 'application/json',
        'x-forwarded-for': forwarded,
        'x-real-ip': forwarded,
        forwarded: `for=${forwarded}`,
      };
      const fields = { username: user.name, password: `guess ${guess}`, type: 'account' };
      const body = JSON.stringify({ ...fields, id: '', uuid: '' });
      const { text } = await api()
        .caller()
        .send({ method: 'POST', path: '/api/login', headers, body });
      if (text.includes('Wrong credentials')) looked++;
    }
    assert.ok(looked <= 6, `${looked} guesses were looked at`);
  });

  it('no text of a request becomes a header of an answer', async () => {
    const { caller } = await api().signIn({ isAdmin: true });
    const evil = encodeURIComponent('x\r\nSet-Cookie: evil=1\r\n\r\n<script>');
    for (const path of [
      `/api/v1/export/devices?format=csv&id=${evil}`,
      `/api/v1/client-config?host=${evil}`,
      `/api/oidc/callback?state=${evil}&code=${evil}`,
      `/api/oidc/auth-query?code=${evil}&id=${evil}&uuid=${evil}`,
      `/avatar/${evil}`,
      `/${evil}`,
    ]) {
      const { headers, status, text } = await caller.get(path);
      assert.equal(headers['set-cookie'], undefined, path);
      assert.ok(status < 500, `${path}: ${status}`);
      assert.ok(!/<script>/.test(text) || /json/.test(headers['content-type'] ?? ''), path);
    }
  });
});
