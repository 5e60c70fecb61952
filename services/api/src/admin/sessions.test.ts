import assert from 'node:assert/strict';
import { before, it } from 'node:test';
import { sessionRow } from '../sessions/session-row.js';
import { AttemptStore } from '../store/attempt-store.js';
import type { AttemptTable } from '../store/record-tables.js';
import { SessionStore } from '../store/session-store.js';
import { onEveryDatabase } from '../testing/databases.js';
import type { Caller } from '../testing/caller.js';
import { useApi } from '../testing/use-api.js';

const MOST = 10_000;
const BEGAN = Date.UTC(2026, 5, 1);

interface Listed {
  readonly total: number;
  readonly data: readonly Readonly<Record<string, unknown>>[];
}

function attemptOf(number: number): AttemptTable {
  return {
    attempt: number.toString(16).padStart(16, '0'),
    asked: 'punch',
    outcome: number % 10 === 0 ? 'offline' : 'direct',
    started_at: BEGAN + number * 1000,
    took_ms: number,
    caller_ip: '203.0.113.9',
    caller_transport: 'tcp',
    callee_id: String(100_000_000 + (number % 50)),
    callee_ip: '198.51.100.2',
    user_guid: '',
    user_name: number % 2 === 0 ? 'Alice' : '',
    uuid: '',
    replica: 'rendezvous-1',
    steps: '[["found",1]]',
  };
}

onEveryDatabase('sessions and attempts in the REST', (database) => {
  const api = useApi(database);
  let operator: Caller;

  before(async () => {
    operator = (await api().apiToken({ audits: 'r' })).caller;
    const attempts = Array.from({ length: MOST }, (_, number) => attemptOf(number));
    await api().part(AttemptStore).add(attempts);
    const rows = [1, 2, 3].map((number) =>
      sessionRow({
        guid: attemptOf(number).attempt,
        attempt: attemptOf(number).attempt,
        path: number === 3 ? 'relayed' : 'direct',
        verified: number === 1 ? 0 : 1,
        caller_id: '999',
        callee_id: attemptOf(number).callee_id,
        started_at: BEGAN + number,
        ended_at: number === 2 ? null : BEGAN + 5000,
        bytes: number * 10,
        joined: 1,
      }),
    );
    await api().part(SessionStore).addShown(rows);
  });

  async function list(path: string): Promise<Listed> {
    const { status, json, text } = await operator.get(path);
    assert.equal(status, 200, text);
    return json as Listed;
  }

  it('pages through 10,000 entries, each of them once and in order', async () => {
    const seen: unknown[] = [];
    for (let current = 1; current <= MOST / 1000; current++) {
      const { total, data } = await list(
        `/api/v1/attempts?current=${String(current)}&pageSize=1000`,
      );
      assert.equal(total, MOST);
      seen.push(...data.map(({ attempt }) => attempt));
    }
    const expected = Array.from({ length: MOST }, (_, back) => attemptOf(MOST - 1 - back).attempt);
    assert.deepEqual(seen, expected);
    const beyond = await list(`/api/v1/attempts?current=11&pageSize=1000`);
    assert.deepEqual([beyond.total, beyond.data.length], [MOST, 0]);
  });

  it('filters by device, user, outcome and time, and sorts', async () => {
    const offline = await list('/api/v1/attempts?outcome=offline&user=ALICE&pageSize=1');
    assert.equal(offline.total, MOST / 10);
    assert.equal((await list('/api/v1/attempts?device=100000007')).total, MOST / 50);
    assert.equal((await list('/api/v1/attempts?device=%250000007')).total, MOST / 50);
    const hour = 'since=2026-06-01%2000:00:10&until=2026-06-01T00:00:19.000Z';
    assert.equal((await list(`/api/v1/attempts?${hour}`)).total, 10);
    const slow = await list('/api/v1/attempts?sort=took_ms&order=asc&pageSize=2');
    assert.deepEqual(
      slow.data.map(({ took_ms }) => took_ms),
      [0, 1],
    );
    assert.equal((await operator.get('/api/v1/attempts?sort=steps')).status, 400);
    assert.equal((await operator.get('/api/v1/attempts?since=yesterday')).status, 400);
    assert.equal((await operator.get('/api/v1/attempts?current=0')).status, 400);
  });

  it('says why an attempt failed, and what became of one that did not', async () => {
    const failed = await operator.get(`/api/v1/attempts/${attemptOf(10).attempt}`);
    const { reached, why, steps, session } = failed.json as Record<string, unknown>;
    assert.deepEqual([reached, session, steps], [false, null, [['found', 1]]]);
    assert.match(String(why), /not online/);
    const done = await operator.get(`/api/v1/attempts/${attemptOf(3).attempt}`);
    const { session: made } = done.json as { session: Record<string, unknown> };
    assert.deepEqual(
      [made['path'], made['trust'], made['lasted_ms']],
      ['relayed', 'verified', 4997],
    );
    assert.equal((await operator.get('/api/v1/attempts/none')).status, 404);
  });

  it('lists sessions with what each is worth', async () => {
    const { total, data } = await list('/api/v1/sessions?sort=bytes&order=desc');
    assert.equal(total, 3);
    assert.deepEqual(
      data.map(({ bytes, trust, ended_at }) => [bytes, trust, ended_at]),
      [
        [30, 'verified', BEGAN + 5000],
        [20, 'verified', null],
        [10, 'claimed', BEGAN + 5000],
      ],
    );
    assert.equal((await list('/api/v1/sessions?device=999')).total, 3);
    assert.equal((await list('/api/v1/sessions?verified=0')).total, 1);
    assert.equal((await list('/api/v1/sessions?path=relayed')).total, 1);
    const shown = await operator.get(`/api/v1/sessions/${attemptOf(2).attempt}`);
    const { attempt_made, report } = shown.json as Record<string, Record<string, unknown>>;
    assert.deepEqual([attempt_made?.['outcome'], report], ['direct', null]);
  });

  it('shows nothing without the right to audits', async () => {
    const { caller } = await api().apiToken({ devices: 'rw' });
    assert.equal((await caller.get('/api/v1/sessions')).status, 403);
    assert.equal((await api().caller().get('/api/v1/attempts')).status, 401);
  });
});
