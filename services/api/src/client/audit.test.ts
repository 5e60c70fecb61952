import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { it } from 'node:test';
import { sql } from 'kysely';
import type { Store } from '../store/open-store.js';
import { ConnAuditStore } from '../store/conn-audit-store.js';
import { onEveryDatabase } from '../testing/databases.js';
import type { Answer } from '../testing/caller.js';
import type { TestApi, TestDevice } from '../testing/test-api.js';
import { useApi } from '../testing/use-api.js';

/** Too large for a JavaScript number. */
const SESSION = '14757395258967641293';

function isDone({ status, headers, bytes }: Answer): void {
  assert.equal(status, 200, bytes.toString());
  assert.equal(headers['content-length'], '0');
}

/** Posts JSON text, because the session number would be rounded otherwise. */
function post(api: TestApi, path: string, fields: object, session?: string): Promise<Answer> {
  const plain = JSON.stringify(fields);
  const body = session === undefined ? plain : `${plain.slice(0, -1)},"session_id":${session}}`;
  const headers = { 'content-type': 'application/json' };
  return api.caller().send({ method: 'POST', path: `/api/audit/${path}`, headers, body });
}

function rows(db: Store, device: TestDevice) {
  return db
    .selectFrom('audit_conns')
    .selectAll()
    .where('device_id', '=', device.id)
    .orderBy('created_at')
    .execute();
}

async function connect(
  api: TestApi,
  { id, uuid }: TestDevice,
  connId: number,
  peerId = '987654321',
  session = SESSION,
): Promise<void> {
  const key = { id, uuid, conn_id: connId };
  isDone(await post(api, 'conn', { ...key, action: 'new', ip: '203.0.113.9' }, '0'));
  const facts = { peer: [peerId, 'alice 🚉'], type: 0, primary_auth: 3, two_factor: 1 };
  isDone(await post(api, 'conn', { ...key, ...facts }, session));
}

onEveryDatabase('audit', (database) => {
  const api = useApi(database);

  it('[A79] [A82] follows a connection and keeps its session number exactly', async () => {
    const device = await api().device();
    await connect(api(), device, 3);
    const { id, uuid } = device;
    isDone(await post(api(), 'conn', { id, uuid, conn_id: 3, action: 'close' }, SESSION));
    const [row, ...more] = await rows(api().db, device);
    assert.equal(more.length, 0);
    assert.equal(row?.session_id, SESSION);
    assert.deepEqual(
      [row.ip, row.peer_id, row.peer_name],
      ['203.0.113.9', '987654321', 'alice 🚉'],
    );
    assert.deepEqual([row.conn_type, row.primary_auth, row.two_factor], [0, 3, 1]);
    assert.ok(row.ended_at !== null);
  });

  it('[A80] stores a post once however often it comes', async () => {
    const { id, uuid } = await api().device();
    const alarm = { id, uuid, typ: 2, info: '{"ip":"203.0.113.9"}', nonce: randomUUID() };
    const all = await Promise.all([1, 2, 3].map(() => post(api(), 'alarm', alarm)));
    for (const answer of all) isDone(answer);
    isDone(await post(api(), 'alarm', { ...alarm, nonce: randomUUID() }));
    isDone(await post(api(), 'alarm', { ...alarm, nonce: undefined }));
    const stored = api().db.selectFrom('audit_alarms').selectAll().where('device_id', '=', id);
    assert.equal((await stored.execute()).length, 3);
  });

  it('[A83] leaves closed rows alone when a connection number is used again', async () => {
    const device = await api().device();
    const { id, uuid } = device;
    await connect(api(), device, 1);
    isDone(await post(api(), 'conn', { id, uuid, conn_id: 1, action: 'close' }, SESSION));
    const [closed] = await rows(api().db, device);
    await connect(api(), device, 1, '111111111', '77');
    isDone(await post(api(), 'conn', { id, uuid, conn_id: 1, action: 'close' }, '77'));
    const [first, second] = await rows(api().db, device);
    assert.deepEqual(first, closed);
    assert.equal(second?.peer_id, '111111111');
    assert.ok(second.ended_at !== null);
  });

  it('[A82] [A84] tells the controlling side, and nobody else, the guid of its session', async () => {
    const device = await api().device();
    const controller = await api().device();
    const { caller } = await api().signIn({}, controller);
    const { caller: stranger } = await api().signIn();
    const path = `/api/audit/conn/active?id=${device.id}&session_id=${SESSION}&conn_type=0`;
    const before = await caller.get(path);
    assert.equal(before.status, 200);
    assert.equal(before.text, 'null');
    await connect(api(), device, 3, controller.id);
    const [row] = await rows(api().db, device);
    const found = await caller.get(path);
    assert.equal(found.text, `"${row?.guid}"`);
    assert.match(found.headers['content-type'] ?? '', /^application\/json/);
    assert.equal((await stranger.get(path)).text, 'null');
    const stolen = { guid: row?.guid, note: 'mine now' };
    assert.equal((await stranger.put('/api/audit', stolen)).status, 404);
  });

  it('[A85] sets the same note by guid and by session number', async () => {
    const device = await api().device();
    const { caller } = await api().signIn({ isAdmin: true });
    await connect(api(), device, 3);
    const noteOf = async (): Promise<unknown> => (await rows(api().db, device))[0]?.note;
    isDone(await post(api(), 'conn', { id: device.id, note: 'first' }, SESSION));
    assert.equal(await noteOf(), 'first');
    const [row] = await rows(api().db, device);
    isDone(await caller.put('/api/audit', { guid: row?.guid, note: 'ende 🏁' }));
    assert.equal(await noteOf(), 'ende 🏁');
    const long = Date.now() - 3_600_000;
    await api().db.updateTable('audit_conns').set({ ended_at: long }).execute();
    isDone(await post(api(), 'conn', { id: device.id, note: 'too late' }, SESSION));
    assert.equal(await noteOf(), 'ende 🏁');
  });

  it('[A86] stores nothing for strangers and answers them the same', async () => {
    const { id } = await api().device();
    const forged = [
      { id, uuid: 'Zm9yZ2Vk', conn_id: 1, typ: 1, info: '{}' },
      { id: '404404404', uuid: 'eA==', conn_id: 1, typ: 1, info: '{}' },
      { conn_id: 1, typ: 1 },
      {},
    ];
    const count = async (): Promise<unknown> =>
      sql`select (select count(*) from audit_conns) as a, (select count(*) from audit_files) as b,
        (select count(*) from audit_alarms) as c`.execute(api().db);
    const before = await count();
    for (const fields of forged) {
      isDone(await post(api(), 'conn', { ...fields, action: 'new' }));
      isDone(await post(api(), 'file', { ...fields, type: 0 }));
      isDone(await post(api(), 'alarm', fields));
    }
    assert.deepEqual(await count(), before);
  });

  it('takes the posts of a device that has registered but never sent its sysinfo', async () => {
    const device = await api().register();
    await connect(api(), device, 1);
    assert.equal((await rows(api().db, device)).length, 1);
  });

  it('[A79] [A87] reads the text in a file post', async () => {
    const { id, uuid } = await api().device();
    const files = [
      ['setup.exe', 1_048_576],
      ['größe', 5],
      ['beyond 2^53', '9007199254740993'],
    ];
    const sent = [...files, ['no size', 'x'.repeat(9000)]];
    const info = JSON.stringify({ ip: '203.0.113.9', name: 'alice', num: 12, files: sent });
    const fields = { id, uuid, peer_id: '987654321', conn_id: 3, path: 'C:\\Users', info };
    isDone(await post(api(), 'file', { ...fields, type: 1, is_file: false }));
    isDone(await post(api(), 'file', { ...fields, type: 0, is_file: true, info: 'no JSON' }));
    const stored = await api()
      .db.selectFrom('audit_files')
      .selectAll()
      .where('device_id', '=', id)
      .orderBy('direction', 'desc')
      .execute();
    assert.equal(stored.length, 2);
    const [up, down] = stored;
    assert.deepEqual([up?.direction, up?.is_file, up?.file_count], [1, 0, 12]);
    assert.deepEqual([up?.ip, up?.peer_name, up?.path], ['203.0.113.9', 'alice', 'C:\\Users']);
    assert.deepEqual(JSON.parse(up?.files ?? ''), [...files, ['no size', 0]]);
    assert.deepEqual([down?.direction, down?.is_file], [0, 1]);
  });

  it('[A79] [A88] keeps alarms of every kind, also of kinds to come', async () => {
    const { id, uuid } = await api().device();
    const kinds = [0, 1, 2, 6, 7, 8, 9, 10, 4711];
    for (const typ of kinds) {
      isDone(await post(api(), 'alarm', { id, uuid, typ, info: '{"ip":"::1"}', conn_id: 5 }));
    }
    const stored = await api()
      .db.selectFrom('audit_alarms')
      .select('kind')
      .where('device_id', '=', id)
      .orderBy('kind')
      .execute();
    assert.deepEqual(
      stored.map(({ kind }) => kind),
      kinds,
    );
  });

  it('[A90] ends rows that no heartbeat names any more; a late close corrects the time', async () => {
    const device = await api().device();
    const { id, uuid } = device;
    await connect(api(), device, 1);
    await connect(api(), device, 2);
    const connections = api().part(ConnAuditStore);
    const later = Date.now() + 120_000;
    await connections.markSeen(id, [2], later);
    await connections.endUnseen(later - 60_000);
    const byConn = async (connId: number) =>
      (await rows(api().db, device)).find((row) => row.conn_id === connId);
    const gone = await byConn(1);
    assert.ok(gone?.ended_at !== null);
    assert.equal((await byConn(2))?.ended_at, null);
    await api()
      .db.updateTable('audit_conns')
      .set({ ended_at: 5 })
      .where('conn_id', '=', 1)
      .execute();
    isDone(await post(api(), 'conn', { id, uuid, conn_id: 1, action: 'close' }));
    assert.ok(((await byConn(1))?.ended_at ?? 0) > 5);
  });

  it('[A81] forgets the nonce of a post that it could not store', async () => {
    const { id, uuid } = await api().device();
    const fields = { id, uuid, typ: 1, info: '{}', nonce: randomUUID() };
    const { db } = api();
    await sql`alter table audit_alarms rename to audit_alarms_away`.execute(db);
    const failed = await post(api(), 'alarm', fields);
    await sql`alter table audit_alarms_away rename to audit_alarms`.execute(db);
    assert.ok(failed.status >= 500 && failed.bytes.length > 0, 'the client tries again');
    isDone(await post(api(), 'alarm', fields));
    const stored = db.selectFrom('audit_alarms').selectAll().where('device_id', '=', id);
    assert.equal((await stored.execute()).length, 1);
  });
});
