import assert from 'node:assert/strict';
import { before, it } from 'node:test';
import { sessionRow } from '../sessions/session-row.js';
import { DeviceStore } from '../store/device-store.js';
import { SessionStore } from '../store/session-store.js';
import { onEveryDatabase } from '../testing/databases.js';
import { useApi } from '../testing/use-api.js';

const SESSIONS = 2_500;
const BEGAN = Date.UTC(2026, 0, 1);

onEveryDatabase('exports', (database) => {
  const api = useApi(database);

  before(async () => {
    const rows = Array.from({ length: SESSIONS }, (_, number) =>
      sessionRow({
        guid: `guid-${String(number).padStart(5, '0')}`,
        // many begin in one moment, so that the order needs more than the time
        started_at: BEGAN + Math.floor(number / 700) * 1000,
        callee_id: String(number),
      }),
    );
    await api().part(SessionStore).addShown(rows);
  });

  it('writes every session once, newest first, as JSON lines', async () => {
    const { caller } = await api().apiToken({ audits: 'r' });
    const { status, text, headers } = await caller.get('/api/v1/export/sessions?format=jsonl');
    assert.equal(status, 200);
    assert.equal(headers['content-type'], 'application/x-ndjson; charset=utf-8');
    const lines = text.trimEnd().split('\n');
    const guids = lines.map((line) => (JSON.parse(line) as { guid: string }).guid);
    assert.equal(new Set(guids).size, SESSIONS);
    assert.deepEqual(guids, [...guids].sort().reverse());
    const one = await caller.get('/api/v1/export/sessions?format=jsonl&callee=7');
    assert.equal(one.text.trimEnd().split('\n').length, 1);
  });

  it('writes CSV that no spreadsheet takes for formulas', async () => {
    const device = await api().device();
    const found = await api().part(DeviceStore).byId(device.id);
    const note = '=HYPERLINK("http://evil.example","x"), "quoted"\nand 🚉';
    await api()
      .part(DeviceStore)
      .update(found?.guid ?? '', { note, device_name: '+1', hostname: '-2', os: '@sum' });
    const { caller } = await api().apiToken({ devices: 'r' });
    const { text, headers } = await caller.get(`/api/v1/export/devices?id=${device.id}`);
    assert.match(headers['content-type'] ?? '', /^text\/csv; charset=utf-8/);
    assert.match(headers['content-disposition'] ?? '', /filename="devices-\d{4}-\d\d-\d\d\.csv"/);
    const [head = '', ...rows] = text.split('\r\n');
    assert.match(head, /^id,device_name,hostname,device_username/);
    assert.ok(rows.join('\r\n').startsWith(`${device.id},'+1,'-2,`), text);
    assert.ok(text.includes(`"'=HYPERLINK(""http://evil.example"",""x""), ""quoted""\nand 🚉"`));
    assert.ok(text.includes("'@sum"));
  });

  it('exports no secret of users, and an empty list as its head', async () => {
    const { owner, caller } = await api().apiToken({ users: 'r', audits: 'r' });
    const { text } = await caller.get('/api/v1/export/users?format=jsonl');
    assert.ok(text.includes(owner.name));
    assert.ok(!text.includes(owner.password_hash ?? '?'));
    const files = await caller.get('/api/v1/export/audit-file');
    assert.equal(
      files.text,
      'at,direction,device_id,peer_id,peer_name,ip,path,file_count,files,guid\r\n',
    );
    for (const name of ['attempts', 'audit-conn', 'audit-alarm', 'audit-console']) {
      assert.equal((await caller.get(`/api/v1/export/${name}`)).status, 200, name);
    }
    assert.equal((await caller.get('/api/v1/export/users?format=xml')).status, 400);
    assert.equal((await caller.get('/api/v1/export/devices')).status, 403);
  });
});
