import assert from 'node:assert/strict';
import { it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { sql } from 'kysely';
import { DeviceStore } from '../store/device-store.js';
import { onEveryDatabase } from '../testing/databases.js';
import type { Answer } from '../testing/caller.js';
import type { TestApi } from '../testing/test-api.js';
import { useApi } from '../testing/use-api.js';
import { isDone, isRefused, peers, personal, tags } from '../testing/books.js';

onEveryDatabase('address books', (database) => {
  const api = useApi(database);

  it('[A54] gives every user one personal book, also at once and by GET', async () => {
    const { caller } = await api().signIn();
    const both = await Promise.all([personal(caller), personal(caller)]);
    const again = (await caller.get('/api/ab/personal')).json as { guid: string };
    assert.match(again.guid, /^[0-9a-f-]{36}$/);
    assert.deepEqual(both, [again.guid, again.guid]);
  });

  it('[A56] tells how many devices a book may hold', async () => {
    const { caller } = await api().signIn();
    const { json } = await caller.post('/api/ab/settings');
    assert.deepEqual(json, { max_peer_one_ab: 0 });
  });

  it('[A59] [A60] [A14] pages through 250 devices in one order, every field of its type', async () => {
    const { caller } = await api().signIn();
    const guid = await personal(caller);
    for (let number = 0; number < 250; number++) {
      const id = String(100_000_000 + number);
      const body = { id, alias: `🚉 ${number}`, tags: ['a'], note: 7, future: [1] };
      isDone(await caller.post(`/api/ab/peer/add/${guid}`, body));
    }
    const pages = [await peers(caller, guid, 1), await peers(caller, guid, 2)];
    pages.push(await peers(caller, guid, 3));
    assert.deepEqual(
      pages.map(({ total, data }) => [total, data.length]),
      [
        [250, 100],
        [250, 100],
        [250, 50],
      ],
    );
    const all = pages.flatMap(({ data }) => data);
    assert.equal(new Set(all.map(({ id }) => id)).size, 250);
    assert.deepEqual(await peers(caller, guid, 1), pages[0]);
    assert.equal(all.find(({ id }) => id === '100000007')?.['alias'], '🚉 7');
    for (const { tags: names, same_server, ...texts } of all) {
      assert.ok(Array.isArray(names));
      assert.equal(same_server, false);
      for (const value of Object.values(texts)) assert.equal(typeof value, 'string');
      assert.equal(texts['forceAlwaysRelay'], 'false');
    }
  });

  it('[A60] [A61] lists tags by name with colours up to 32 bits', async () => {
    const { caller } = await api().signIn();
    const guid = await personal(caller);
    for (const [name, color] of [
      ['prod', 4_294_967_295],
      ['dev', 0],
      ['ä', 4_278_190_335],
    ] as const) {
      isDone(await caller.post(`/api/ab/tag/add/${guid}`, { name, color }));
    }
    assert.deepEqual(await tags(caller, guid), [
      { name: 'dev', color: 0 },
      { name: 'prod', color: 4_294_967_295 },
      { name: 'ä', color: 4_278_190_335 },
    ]);
    for (const color of [-1, 2 ** 32, 'red', 1.5, null]) {
      isRefused(await caller.post(`/api/ab/tag/add/${guid}`, { name: 'x', color }));
    }
    isRefused(await caller.post(`/api/ab/tag/add/${guid}`, { name: 'Untagged', color: 1 }));
  });

  it('[A62] [A65] [A6] answers every change 200 with nothing in it, and tags follow', async () => {
    const { caller } = await api().signIn();
    const guid = await personal(caller);
    isDone(await caller.post(`/api/ab/tag/add/${guid}`, { name: 'a', color: 1 }));
    isDone(await caller.post(`/api/ab/tag/add/${guid}`, { name: 'b', color: 2 }));
    isDone(await caller.post(`/api/ab/peer/add/${guid}`, { id: '1', alias: '', tags: ['a', 'b'] }));
    isDone(await caller.post(`/api/ab/peer/add/${guid}`, { id: '2', alias: '', tags: ['b'] }));
    isDone(await caller.put(`/api/ab/tag/rename/${guid}`, { old: 'a', new: 'c' }));
    isDone(await caller.put(`/api/ab/tag/update/${guid}`, { name: 'c', color: 9 }));
    isRefused(await caller.put(`/api/ab/tag/rename/${guid}`, { old: 'c', new: 'b' }));
    isRefused(await caller.put(`/api/ab/tag/rename/${guid}`, { old: 'none', new: 'd' }));
    isDone(await caller.delete(`/api/ab/tag/${guid}`, ['b', 'unknown']));
    assert.deepEqual(await tags(caller, guid), [{ name: 'c', color: 9 }]);
    assert.deepEqual(
      (await peers(caller, guid)).data.map((peer) => [peer['id'], peer['tags']]),
      [
        ['1', ['c']],
        ['2', []],
      ],
    );
    isDone(await caller.put(`/api/ab/peer/update/${guid}`, { id: '1', tags: ['x'] }));
    isDone(await caller.delete(`/api/ab/peer/${guid}`, ['1', 'unknown']));
    assert.deepEqual(
      (await peers(caller, guid)).data.map(({ id }) => id),
      ['2'],
    );
    isRefused(await caller.delete(`/api/ab/peer/${guid}`, { id: '2' }), 400);
  });

  it('[A63] changes only what a request names; an empty text clears', async () => {
    const { caller } = await api().signIn();
    const guid = await personal(caller);
    const whole = { id: '1', alias: 'a', tags: ['t'], note: 'n', hash: 'aGFzaA==', username: 'u' };
    isDone(await caller.post(`/api/ab/peer/add/${guid}`, whole));
    isDone(await caller.put(`/api/ab/peer/update/${guid}`, { id: '1', alias: 'b' }));
    const [renamed] = (await peers(caller, guid)).data;
    for (const [name, value] of Object.entries({ ...whole, alias: 'b' })) {
      assert.deepEqual(renamed?.[name], value);
    }
    isDone(await caller.put(`/api/ab/peer/update/${guid}`, { id: '1', hash: '' }));
    const [forgotten] = (await peers(caller, guid)).data;
    assert.equal(forgotten?.['hash'], '');
    assert.equal(forgotten['note'], 'n');
    isRefused(await caller.put(`/api/ab/peer/update/${guid}`, { id: 'none', alias: 'x' }));
  });

  it('[A73] takes host, user and platform of a registered device from the device', async () => {
    const { caller, user } = await api().signIn();
    const guid = await personal(caller);
    const os = 'windows / Windows 11 Pro - 11 (22631)';
    const device = await api().device({ hostname: 'desk-07', username: 'bob', os });
    const row = await api().part(DeviceStore).byId(device.id);
    await api()
      .part(DeviceStore)
      .assign(row?.guid ?? '', { owner_guid: user.guid });
    const claimed = { username: 'x', hostname: 'y', platform: 'Linux' };
    isDone(await caller.post(`/api/ab/peer/add/${guid}`, { id: device.id, ...claimed }));
    isDone(await caller.post(`/api/ab/peer/add/${guid}`, { id: 'elsewhere', ...claimed }));
    const { data } = await peers(caller, guid);
    const here = data.find(({ id }) => id === device.id);
    assert.equal(here?.['same_server'], true);
    assert.deepEqual([here['username'], here['hostname']], ['bob', 'desk-07']);
    assert.deepEqual([here['platform'], here['loginName']], ['Windows', user.name]);
    const there = data.find(({ id }) => id === 'elsewhere');
    assert.deepEqual([there?.['same_server'], there?.['hostname']], [false, 'y']);
  });

  it('[A70] [A72] gives old clients the personal book as text within text', async () => {
    const { caller } = await api().signIn();
    const empty = (await caller.get('/api/ab')).json as { data: string };
    assert.deepEqual(JSON.parse(empty.data), { tags: [], peers: [], tag_colors: '{}' });
    const guid = await personal(caller);
    await caller.post(`/api/ab/tag/add/${guid}`, { name: 'prod', color: 4_294_901_760 });
    await caller.post(`/api/ab/peer/add/${guid}`, { id: '1', alias: 'db', tags: ['prod'] });
    const read = await caller.get('/api/ab');
    const book = JSON.parse((read.json as { data: string }).data) as Record<string, unknown>;
    assert.deepEqual(book['tags'], ['prod']);
    assert.deepEqual(JSON.parse(String(book['tag_colors'])), { prod: 4_294_901_760 });
    assert.deepEqual(book['peers'], [
      { id: '1', username: '', hostname: '', platform: '', alias: 'db', tags: ['prod'], hash: '' },
    ]);
    assert.deepEqual((await caller.post('/api/ab/get', {})).text, read.text);
  });

  it('[A71] replaces the book from an old client and keeps what that does not know', async () => {
    const { caller } = await api().signIn();
    const guid = await personal(caller);
    await caller.post(`/api/ab/peer/add/${guid}`, { id: '1', alias: 'old', note: 'rack 4' });
    await caller.post(`/api/ab/peer/add/${guid}`, { id: '2', note: 'goes' });
    const book = { tags: ['t'], peers: [{ id: '1', alias: 'new', tags: ['t'] }, { id: '3' }] };
    isDone(await caller.post('/api/ab', { data: JSON.stringify(book) }));
    const { data } = await peers(caller, guid);
    assert.deepEqual(
      data.map(({ id, alias, note }) => [id, alias, note]),
      [
        ['1', 'new', 'rack 4'],
        ['3', '', ''],
      ],
    );
    assert.deepEqual(await tags(caller, guid), [{ name: 't', color: 0xff000000 }]);
    for (const broken of ['{', '', undefined]) {
      isRefused(await caller.post('/api/ab', { data: broken }));
    }
    assert.equal((await peers(caller, guid)).total, 2, 'a broken book changes nothing');
  });

  it('[A13] takes an old book of 5 MB, and one in gzip, but nothing without end', async () => {
    const { caller } = await api().signIn();
    const guid = await personal(caller);
    const list = Array.from({ length: 20_000 }, (_, number) => ({
      id: String(number),
      alias: 'x'.repeat(240),
    }));
    const body = JSON.stringify({ data: JSON.stringify({ tags: [], peers: list }) });
    assert.ok(body.length > 5_000_000);
    const headers = { 'content-type': 'application/json' };
    const post = (sent: Buffer | string, more: Record<string, string> = {}): Promise<Answer> =>
      caller.send({
        method: 'POST',
        path: '/api/ab',
        headers: { ...headers, ...more },
        body: sent,
      });
    isDone(await post(body));
    assert.equal((await peers(caller, guid)).total, 20_000);
    const small = JSON.stringify({ data: JSON.stringify({ tags: [], peers: [{ id: 'z' }] }) });
    isDone(await post(gzipSync(small), { 'content-encoding': 'gzip' }));
    assert.equal((await peers(caller, guid)).total, 1);
    const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024));
    isRefused(await post(bomb, { 'content-encoding': 'gzip' }), 413);
    isRefused(await post('no gzip', { 'content-encoding': 'gzip' }), 400);
  });

  it('[A12] stores nothing of a change that the database fails half way through', async () => {
    const { caller } = await api().signIn();
    const guid = await personal(caller);
    await caller.post(`/api/ab/tag/add/${guid}`, { name: 'before', color: 1 });
    await caller.post(`/api/ab/peer/add/${guid}`, { id: 'one', tags: ['before'] });
    await breakUpdates(api(), database.kind);
    const answer = await caller.put(`/api/ab/tag/rename/${guid}`, { old: 'before', new: 'after' });
    assert.deepEqual(answer.json, { error: 'Internal error' });
    assert.deepEqual(await tags(caller, guid), [{ name: 'before', color: 1 }]);
  });
});

/** From now on no entry of any address book can be changed. */
async function breakUpdates(api: TestApi, kind: 'SQLite' | 'PostgreSQL'): Promise<void> {
  if (kind === 'SQLite') {
    await sql`create trigger broken before update on book_peers begin select raise(abort, 'broken'); end`.execute(
      api.db,
    );
    return;
  }
  await sql`create function broken() returns trigger language plpgsql as 'begin raise ''broken''; end'`.execute(
    api.db,
  );
  await sql`create trigger broken before update on book_peers execute function broken()`.execute(
    api.db,
  );
}

onEveryDatabase('address books with a limit', (database) => {
  const limited = useApi(database, { maxPeersPerBook: 2 });

  it('[A64] [A56] refuses the device that is one too many', async () => {
    const { caller } = await limited().signIn();
    const guid = await personal(caller);
    assert.deepEqual((await caller.post('/api/ab/settings')).json, { max_peer_one_ab: 2 });
    isDone(await caller.post(`/api/ab/peer/add/${guid}`, { id: '1' }));
    isDone(await caller.post(`/api/ab/peer/add/${guid}`, { id: '2' }));
    isDone(await caller.post(`/api/ab/peer/add/${guid}`, { id: '2', alias: 'again' }));
    isRefused(await caller.post(`/api/ab/peer/add/${guid}`, { id: '3' }));
    assert.equal((await peers(caller, guid)).total, 2);
  });
});

onEveryDatabase('address books of old clients only', (database) => {
  const legacy = useApi(database, { addressBook: 'legacy' });

  it('[A55] answers 404 to new clients, and the old calls work', async () => {
    const { caller } = await legacy().signIn();
    for (const path of ['personal', 'settings', 'shared/profiles']) {
      isRefused(await caller.post(`/api/ab/${path}`), 404);
    }
    const book = { tags: [], peers: [{ id: '1' }], tag_colors: '{}' };
    isDone(await caller.post('/api/ab', { data: JSON.stringify(book) }));
    assert.match((await caller.get('/api/ab')).text, /\\"id\\":\\"1\\"/);
  });
});
