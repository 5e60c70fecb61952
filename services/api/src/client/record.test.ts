import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { it } from 'node:test';
import { until } from '@waystation/testkit';
import { onEveryDatabase } from '../testing/databases.js';
import type { Answer } from '../testing/caller.js';
import type { TestApi } from '../testing/test-api.js';
import { useApi } from '../testing/use-api.js';

const CUT = 'incoming_123456789_20261121040000000_display0_vp9.webm';
const FILE = 'incoming_123456789_20261121030000000_display0_vp9.webm';

function upload(api: TestApi, query: object, body: Buffer = Buffer.alloc(0)): Promise<Answer> {
  const text = new URLSearchParams(query as Record<string, string>).toString();
  return api.caller().send({ method: 'POST', path: `/api/record?${text}`, body });
}

onEveryDatabase('recordings', (database) => {
  const api = useApi(database, { recordings: true, recordingMaxMegabytes: 1 });

  it('are written to disk part by part, also when a part comes twice', async () => {
    await api().device();
    const [one, two] = [Buffer.alloc(600_000, 1), Buffer.alloc(300_000, 2)];
    const part = (offset: number, body: Buffer): Promise<Answer> =>
      upload(api(), { type: 'part', file: FILE, offset, length: body.length }, body);
    for (const type of ['new', 'new']) {
      assert.equal((await upload(api(), { type, file: FILE })).text, '');
    }
    for (const [offset, body] of [
      [0, one],
      [one.length, two],
      [one.length, two],
    ] as const) {
      assert.equal((await part(offset, body)).text, '');
    }
    const header = Buffer.alloc(1024, 3);
    assert.equal((await upload(api(), { type: 'tail', file: FILE, offset: 0 }, header)).text, '');
    const path = join(api().config.dataDir, 'recordings', '127.0.0.1', FILE);
    const expected = Buffer.concat([one, two]);
    header.copy(expected);
    assert.ok(readFileSync(path).equals(expected));
    for (const refused of [
      await part(5_000_000, one),
      await part(one.length, Buffer.alloc(600_000)),
      await upload(api(), { type: 'new', file: FILE }),
      await upload(api(), { type: 'tail', file: FILE }, Buffer.alloc(2000)),
      await upload(api(), { type: 'odd', file: FILE }),
      await upload(api(), { type: 'part', file: 'unknown.webm', offset: 0 }),
    ]) {
      assert.equal(typeof (refused.json as { error: unknown }).error, 'string');
    }
    assert.match(
      (await upload(api(), { type: 'part', file: FILE, offset: 0 }, one)).text,
      /is complete/,
    );
    assert.equal((await upload(api(), { type: 'remove', file: FILE })).text, '');
    assert.equal(existsSync(path), false);
  });

  it('keep nothing of a part that does not arrive whole', async () => {
    await api().device();
    const path = join(api().config.dataDir, 'recordings', '127.0.0.1', CUT);
    await upload(api(), { type: 'new', file: CUT });
    await upload(api(), { type: 'part', file: CUT, offset: 0 }, Buffer.alloc(1000, 1));
    const query = new URLSearchParams({ type: 'part', file: CUT, offset: '1000' });
    const sent = request(`${api().url}/api/record?${query.toString()}`, {
      method: 'POST',
      headers: { 'content-length': '500000' },
    });
    sent.once('error', () => undefined);
    sent.write(Buffer.alloc(100_000, 2));
    await until(() => statSync(path).size > 1000, { what: 'the first bytes in the file' });
    sent.destroy();
    await until(() => statSync(path).size === 1000, { what: 'the file as it was' });
    const again = await upload(
      api(),
      { type: 'part', file: CUT, offset: 1000 },
      Buffer.alloc(9, 3),
    );
    assert.equal(again.text, '');
    assert.equal(statSync(path).size, 1009);
    assert.ok(!api().logged.some((line) => line.startsWith('a request failed')));
  });

  it('stay in their folder whatever they are called', async () => {
    await api().device();
    const names = ['../x.webm', '/etc/x.webm', 'a/b.webm', '..%2fx.webm', 'x.sh', ''];
    for (const file of names) {
      const { json } = await upload(api(), { type: 'new', file });
      assert.equal(typeof (json as { error: unknown }).error, 'string', file);
    }
    const { dataDir } = api().config;
    assert.deepEqual(readdirSync(join(dataDir, 'recordings')), ['127.0.0.1']);
    assert.deepEqual(readdirSync(join(dataDir, 'recordings', '127.0.0.1')), [CUT]);
  });
});

onEveryDatabase('recordings from an address without devices', (database) => {
  const api = useApi(database, { recordings: true });

  it('are refused', async () => {
    const { json } = await upload(api(), { type: 'new', file: FILE });
    assert.match((json as { error: string }).error, /No device/);
  });
});

onEveryDatabase('recordings where nobody wants them', (database) => {
  const api = useApi(database);

  it('[A96] are refused', async () => {
    await api().device();
    const answer = await upload(api(), { type: 'new', file: FILE });
    assert.equal(answer.status, 200);
    assert.deepEqual(answer.json, { error: 'disabled' });
  });
});
