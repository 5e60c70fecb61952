import assert from 'node:assert/strict';
import { existsSync, mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, it } from 'node:test';
import { onEveryDatabase } from '../testing/databases.js';
import { useApi } from '../testing/use-api.js';

const BYTES = Buffer.from(Array.from({ length: 3000 }, (_, index) => index % 251));
const NOW_S = Math.floor(Date.now() / 1000);

onEveryDatabase('recordings in the REST', (database) => {
  const api = useApi(database);
  const root = (): string => join(api().config.dataDir, 'recordings');
  const notedSubjects = async (operation: number): Promise<string[]> => {
    const noted = await api()
      .db.selectFrom('audit_console')
      .select('subject')
      .where('operation', '=', operation)
      .execute();
    return noted.map(({ subject }) => subject);
  };

  before(() => {
    const put = (folder: string, file: string, bytes: Buffer, ageS: number, mode: number): void => {
      mkdirSync(join(root(), folder), { recursive: true });
      const path = join(root(), folder, file);
      writeFileSync(path, bytes, { mode });
      utimesSync(path, NOW_S - ageS, NOW_S - ageS);
    };
    put('192.0.2.7', nameOf('123456789'), BYTES, 300, 0o400);
    put('192.0.2.7', nameOf('my_own-id'), Buffer.alloc(10), 200, 0o600);
    put('2001_db8__1', nameOf('987654321'), Buffer.alloc(99), 100, 0o400);
    put('192.0.2.7', 'data-key', Buffer.from('no recording'), 1, 0o600);
  });

  it('are listed, narrowed, sorted and paged', async () => {
    const { caller } = await api().apiToken({ recordings: 'r' });
    const list = async (
      query: string,
    ): Promise<{ total: number; data: Record<string, unknown>[] }> =>
      (await caller.get(`/api/v1/recordings?${query}`)).json as never;
    const devices = async (query: string): Promise<unknown[]> =>
      (await list(query)).data.map(({ device }) => device);
    assert.deepEqual((await list('pageSize=1')).total, 3);
    assert.deepEqual(await list('device=123456789'), {
      total: 1,
      data: [
        {
          ...{ address: '192.0.2.7', file: nameOf('123456789'), device: '123456789' },
          ...{ bytes: BYTES.length, written_at: (NOW_S - 300) * 1000, growing: false },
        },
      ],
    });
    assert.deepEqual(await devices(''), ['987654321', 'my_own-id', '123456789']);
    assert.deepEqual(await devices('sort=bytes&order=asc'), [
      'my_own-id',
      '987654321',
      '123456789',
    ]);
    assert.deepEqual(await devices('sort=bytes&pageSize=1&current=2'), ['987654321']);
    assert.deepEqual(await devices('address=2001:DB8%25'), ['987654321']);
    assert.deepEqual(await devices('device=%25OWN%25'), ['my_own-id']);
    assert.deepEqual(await devices(`file=${'%25_'.repeat(60)}`), []);
    assert.deepEqual(await devices('growing=1'), ['my_own-id']);
    assert.deepEqual(await devices(`since=${(NOW_S - 250) * 1000}&growing=0`), ['987654321']);
    assert.equal((await caller.get('/api/v1/recordings?sort=mode')).status, 400);
  });

  it('are fetched whole or in ranges, by who may, and once in the audit', async () => {
    const { caller } = await api().apiToken({ recordings: 'r' });
    const path = `/api/v1/recordings/192.0.2.7/${nameOf('123456789')}`;
    const whole = await caller.get(path);
    assert.equal(whole.status, 200);
    assert.ok(whole.bytes.equals(BYTES));
    assert.match(whole.headers['content-type'] ?? '', /^video\/webm/);
    assert.match(whole.headers['content-disposition'] ?? '', /^attachment; filename="incoming_/);
    assert.equal(whole.headers['cache-control'], 'no-store');
    const ranged = (range: string, more: Record<string, string> = {}) =>
      caller.send({ method: 'GET', path, headers: { range, ...more } });
    const part = await ranged('bytes=1000-1999');
    assert.equal(part.status, 206);
    assert.equal(part.headers['content-range'], `bytes 1000-1999/${BYTES.length}`);
    assert.ok(part.bytes.equals(BYTES.subarray(1000, 2000)));
    assert.ok((await ranged('bytes=-10')).bytes.equals(BYTES.subarray(-10)));
    const beyond = await ranged('bytes=5000-');
    assert.deepEqual([beyond.status, beyond.headers['content-range']], [416, 'bytes */3000']);
    assert.equal(typeof (beyond.json as { error: unknown }).error, 'string');
    const since = whole.headers['last-modified'] ?? '';
    assert.equal((await ranged('bytes=0-9', { 'if-range': since })).status, 206);
    const old = new Date(0).toUTCString();
    assert.equal((await ranged('bytes=0-9', { 'if-range': old })).status, 200);
    const head = await caller.send({ method: 'HEAD', path });
    assert.deepEqual([head.headers['content-length'], head.bytes.length], ['3000', 0]);
    assert.deepEqual(await notedSubjects(125), [`192.0.2.7/${nameOf('123456789')}`]);
    const { caller: auditor } = await api().apiToken({ audits: 'rw', devices: 'rw' });
    const { caller: user } = await api().signIn();
    for (const other of [auditor, user]) assert.equal((await other.get(path)).status, 403);
    assert.equal((await api().caller().get(path)).status, 401);
    assert.equal((await caller.delete(path)).status, 403);
  });

  it('are nothing else that lies on the disk', async () => {
    const { caller } = await api().apiToken({ recordings: 'rw' });
    writeFileSync(join(api().config.dataDir, 'outside.webm'), 'secret');
    const hostile = [
      '192.0.2.7/data-key',
      '192.0.2.7/..%2f..%2foutside.webm',
      '..%2f/outside.webm',
      '%2e%2e/outside.webm',
      '..%5c/outside.webm',
      'recordings/outside.webm',
      '192.0.2.7/missing.webm',
    ];
    for (const name of hostile) {
      for (const method of ['GET', 'DELETE']) {
        const answer = await caller.send({ method, path: `/api/v1/recordings/${name}` });
        assert.equal(answer.status, 404, `${method} ${name}: ${answer.text}`);
      }
    }
    assert.ok(existsSync(join(api().config.dataDir, 'outside.webm')));
  });

  it('are deleted, with a trace', async () => {
    const { caller } = await api().apiToken({ recordings: 'rw' });
    const path = `/api/v1/recordings/2001:db8::1/${nameOf('987654321')}`;
    assert.equal((await caller.delete(path)).status, 200);
    assert.equal(existsSync(join(root(), '2001_db8__1', nameOf('987654321'))), false);
    assert.equal((await caller.delete(path)).status, 404);
    assert.deepEqual(await notedSubjects(126), [`2001:db8::1/${nameOf('987654321')}`]);
  });
});

function nameOf(device: string): string {
  return `incoming_${device}_20261121030000000_display0_vp9.webm`;
}
