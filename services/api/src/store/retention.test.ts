import assert from 'node:assert/strict';
import { it } from 'node:test';
import { sessionRow } from '../sessions/session-row.js';
import { onEveryDatabase } from '../testing/databases.js';
import { useApi } from '../testing/use-api.js';
import { ConsoleStore } from './console-store.js';
import { Retention } from './retention.js';

const DAY_MS = 86_400_000;

onEveryDatabase('retention', (database) => {
  const api = useApi(database, {
    recordRetentionMs: 10 * DAY_MS,
    recordLimit: 50,
    auditRetentionMs: 20 * DAY_MS,
    auditLimit: 0,
  });

  it('forgets what is too old and what is too much, and nothing else', async () => {
    const now = Date.now();
    const rows = Array.from({ length: 1_100 }, (_, age) =>
      sessionRow({ guid: `session-${String(age)}`, started_at: now - (age * DAY_MS) / 10 }),
    );
    for (let start = 0; start < rows.length; start += 100) {
      await api()
        .db.insertInto('sessions')
        .values(rows.slice(start, start + 100))
        .execute();
    }
    await api().part(Retention).run(now);
    const left = await api()
      .db.selectFrom('sessions')
      .select('guid')
      .orderBy('started_at')
      .execute();
    assert.equal(left.length, 50);
    assert.equal(left.at(-1)?.guid, 'session-0');
    assert.equal(left.at(0)?.guid, 'session-49');
    await api()
      .part(Retention)
      .run(now + 9 * DAY_MS);
    const later = await api().db.selectFrom('sessions').select('guid').execute();
    assert.equal(later.length, 11);
  });

  it('forgets what operators did, by age', async () => {
    const what = { subject_kind: 0, operation: 1, subject: 'x', subject_name: 'x' };
    const entry = { operator: 'admin', ...what, ip: '' };
    await api().part(ConsoleStore).add(entry);
    await api()
      .part(Retention)
      .run(Date.now() + 19 * DAY_MS);
    const count = async (): Promise<number> =>
      (await api().db.selectFrom('audit_console').select('guid').execute()).length;
    assert.equal(await count(), 1);
    await api()
      .part(Retention)
      .run(Date.now() + 21 * DAY_MS);
    assert.equal(await count(), 0);
  });
});
