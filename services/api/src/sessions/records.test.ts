import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { it } from 'node:test';
import { keys } from '@waystation/state';
import { until } from '@waystation/testkit';
import type { SessionTable } from '../store/record-tables.js';
import { onEveryDatabase } from '../testing/databases.js';
import type { TestApi, TestDevice } from '../testing/test-api.js';
import { useApi } from '../testing/use-api.js';
import { SessionJoiner } from './session-joiner.js';

const CALLER_IP = '203.0.113.9';

type RecordStreamName = 'attempts' | 'sessions' | 'running-sessions';

function attemptRecord(callee: string, changes: object = {}) {
  return {
    kind: 'attempt',
    attempt: randomBytes(8).toString('hex'),
    asked: 'punch',
    outcome: 'direct',
    startedAt: Date.now(),
    tookMs: 40,
    callerIp: CALLER_IP,
    callerTransport: 'tcp',
    callee,
    calleeIp: '198.51.100.2',
    user: 'guid-of-alice',
    userName: 'alice 🚉',
    uuid: '',
    replica: 'rendezvous-1',
    steps: [
      ['found', 1],
      ['pushed', 2],
    ],
    ...changes,
  };
}

function endedRecord(attempt: string, callee: string, changes: object = {}) {
  const ended = Date.now();
  return {
    session: randomUUID(),
    attempt,
    uuid: randomUUID(),
    replica: 'relay-1',
    started: ended - 5_000,
    ended,
    bytes: 700,
    reason: 'peer-closed',
    legs: [
      { role: 'callee', id: callee, ip: '198.51.100.2', transport: 'tcp', sentBytes: 500 },
      { role: 'caller', id: '', ip: CALLER_IP, transport: 'ws', sentBytes: 200 },
    ],
    ...changes,
  };
}

function runningRecord(attempt: string, callee: string, changes: object = {}) {
  const ended = endedRecord(attempt, callee, { bytes: 70 });
  return { ...ended, ended: undefined, reason: undefined, seen: ended.ended, ...changes };
}

async function tell(api: TestApi, stream: RecordStreamName, ...records: object[]) {
  const pipeline = api.redis.pipeline();
  for (const record of records) pipeline.xadd(stream, '*', 'record', JSON.stringify(record));
  await pipeline.exec();
}

function sessionOf(api: TestApi, guid: string) {
  const found = api.db.selectFrom('sessions').selectAll().where('guid', '=', guid);
  return found.executeTakeFirst();
}

async function joined(api: TestApi, guid: string) {
  return until(
    async () => {
      const row = await sessionOf(api, guid);
      return row?.joined === 1 ? row : undefined;
    },
    { what: 'the session' },
  );
}

async function report(
  api: TestApi,
  { id, uuid }: TestDevice,
  reference: string,
  ip = CALLER_IP,
): Promise<void> {
  const key = { id, uuid, conn_id: 7 };
  const opened = { ...key, action: 'new', ip, session_id: 0, conn_audit_ref: reference };
  await api.caller().post('/api/audit/conn', opened);
  const peer = { ...key, peer: ['987654321', 'laptop'], type: 0, session_id: 4711 };
  await api.caller().post('/api/audit/conn', peer);
}

function sessionFor(api: TestApi, device: TestDevice) {
  const row = () =>
    api.db.selectFrom('sessions').selectAll().where('callee_id', '=', device.id).executeTakeFirst();
  return until(row, { what: 'a session of the device', timeoutMs: 30_000 });
}

onEveryDatabase('records of attempts and sessions', (database) => {
  const api = useApi(database);

  it('puts the attempt and the relayed session together, whichever comes first', async () => {
    const attempt = attemptRecord('111', { outcome: 'relay' });
    await tell(api(), 'sessions', endedRecord(attempt.attempt, '111'));
    await until(() => sessionOf(api(), attempt.attempt), { what: 'the session' });
    await tell(api(), 'attempts', attempt);
    const row = await joined(api(), attempt.attempt);
    assert.deepEqual([row.path, row.verified, row.outcome], ['relayed', 1, 'relay']);
    assert.deepEqual([row.user_name, row.callee_id, row.caller_ip], ['alice 🚉', '111', CALLER_IP]);
    assert.deepEqual([row.bytes, row.caller_bytes, row.callee_bytes], [700, 200, 500]);
    assert.deepEqual([row.caller_transport, row.callee_transport], ['ws', 'tcp']);
    assert.deepEqual([row.end_reason, row.end_seen], ['peer-closed', 1]);
    assert.equal((row.ended_at ?? 0) - row.started_at, 5_000);
  });

  it('stores a record once that comes twice, and leaves out what is none', async () => {
    const attempt = attemptRecord('112');
    const ended = endedRecord('', '112');
    await tell(api(), 'attempts', attempt, attempt, { kind: 'other' }, attempt);
    await tell(api(), 'sessions', ended, ended);
    await api().redis.xadd(keys.attempts, '*', 'record', 'no json');
    await until(() => sessionOf(api(), ended.session), { what: 'the session' });
    const read = async (): Promise<boolean> => {
      const pending = (await api().redis.xpending(keys.attempts, 'api')) as [number];
      const [group] = (await api().redis.xinfo('GROUPS', keys.attempts)) as unknown[][];
      return pending[0] === 0 && group?.at(-1) === 0;
    };
    await until(read, { what: 'everything to be read' });
    const stored = api().db.selectFrom('attempts').select('attempt').where('callee_id', '=', '112');
    assert.equal((await stored.execute()).length, 1);
  });

  it('shows what runs over a relay, until its end is told, in whatever order', async () => {
    const attempt = attemptRecord('114', { outcome: 'relay' });
    const running = runningRecord(attempt.attempt, '114');
    await tell(api(), 'attempts', attempt);
    await tell(api(), 'running-sessions', running);
    const began = await joined(api(), attempt.attempt);
    assert.deepEqual([began.path, began.verified, began.ended_at], ['relayed', 1, null]);
    assert.deepEqual([began.callee_id, began.user_name, began.bytes], ['114', 'alice 🚉', 70]);
    const later = { ...running, seen: running.seen + 60_000, bytes: 9_000 };
    await tell(api(), 'running-sessions', later, running);
    const change = (check: (row: SessionTable) => boolean) =>
      until(async () => {
        const row = await sessionOf(api(), attempt.attempt);
        return row !== undefined && check(row) ? row : undefined;
      });
    await change(({ bytes }) => bytes === 9_000);
    const { session } = running;
    await tell(api(), 'sessions', endedRecord(attempt.attempt, '114', { session }));
    await change(({ end_reason }) => end_reason === 'peer-closed');
    const again = { ...later, seen: later.seen + 60_000, bytes: 10_000 };
    const next = runningRecord('', '115');
    await tell(api(), 'running-sessions', again, next);
    await until(() => sessionOf(api(), next.session), { what: 'the news after it' });
    const row = await sessionOf(api(), attempt.attempt);
    assert.deepEqual([row?.end_reason, row?.bytes], ['peer-closed', 700]);
    const { caller } = await api().apiToken({ audits: 'r' });
    const ask = async (query: string): Promise<string[]> => {
      const { json } = await caller.get(`/api/v1/sessions?${query}`);
      return (json as { data: SessionTable[] }).data.map(({ guid }) => guid);
    };
    assert.deepEqual(await ask('running=1&callee=115'), [next.session]);
    assert.deepEqual(await ask('running=0&callee=115'), []);
    assert.deepEqual(await ask('running=0&callee=114'), [attempt.attempt]);
  });

  it('ends a session whose relay has died, and takes that back when it was only cut off', async () => {
    const seen = Date.now() - 240_000;
    const running = runningRecord('', '116', { seen, started: seen - 2_000 });
    await tell(api(), 'running-sessions', running);
    const endedAt = () => sessionOf(api(), running.session).then((row) => row?.ended_at);
    await until(async () => (await endedAt()) === seen, { what: 'the session to be lost' });
    assert.equal((await sessionOf(api(), running.session))?.end_reason, 'lost');
    await tell(api(), 'running-sessions', { ...running, seen: Date.now() });
    await until(async () => (await endedAt()) === null, { what: 'the session to be back' });
    assert.equal((await sessionOf(api(), running.session))?.end_reason, '');
  });

  it('follows a session that its caller shows to live', async () => {
    const attempt = attemptRecord('113', { outcome: 'local' });
    const at = Date.now();
    const shown = { attempt: attempt.attempt, callerIp: CALLER_IP, user: 'g', userName: 'alice' };
    await tell(api(), 'attempts', attempt, { ...shown, kind: 'session-began', at, lastedMs: 0 });
    const began = await joined(api(), attempt.attempt);
    assert.deepEqual([began.path, began.verified, began.ended_at], ['direct', 1, null]);
    const over = { kind: 'session-ended', at: at + 9_000, lastedMs: 9_000, reason: 'closed' };
    await tell(api(), 'attempts', { ...shown, ...over });
    const ended = await until(async () => {
      const row = await sessionOf(api(), attempt.attempt);
      return row?.ended_at === null ? undefined : row;
    });
    assert.deepEqual([ended.started_at, ended.ended_at], [at, at + 9_000]);
    assert.equal(ended.end_reason, 'closed');
  });

  it('[A89] believes a report with the reference of an attempt to this device, once', async () => {
    const [device, other] = [await api().device(), await api().device()];
    const attempt = attemptRecord(device.id, { callerIp: '192.0.2.77' });
    await tell(api(), 'attempts', attempt);
    await report(api(), device, attempt.attempt, '10.9.8.7');
    const row = await joined(api(), attempt.attempt);
    assert.deepEqual([row.verified, row.path, row.user_name], [1, 'direct', 'alice 🚉']);
    assert.deepEqual([row.caller_id, row.caller_name], ['987654321', 'laptop']);
    await report(api(), other, attempt.attempt, '10.9.8.7');
    await api()
      .part(SessionJoiner)
      .round(Date.now() + 20_000);
    const foreign = await sessionFor(api(), other);
    assert.deepEqual([foreign.verified, foreign.attempt, foreign.user_name], [0, '', '']);
    await report(api(), device, attempt.attempt, '10.9.8.7');
    await api()
      .part(SessionJoiner)
      .round(Date.now() + 20_000);
    const second = await api()
      .db.selectFrom('sessions')
      .selectAll()
      .where('callee_id', '=', device.id)
      .where('guid', '<>', attempt.attempt)
      .executeTakeFirst();
    assert.deepEqual([second?.verified, second?.user_name], [0, '']);
  });

  it('joins a report without a reference to the attempt it fits, as a claim with an end', async () => {
    const device = await api().device();
    const attempt = attemptRecord(device.id);
    await tell(api(), 'attempts', attempt);
    await report(api(), device, '');
    const row = await joined(api(), attempt.attempt);
    assert.deepEqual([row.verified, row.path, row.ended_at], [0, 'direct', null]);
    const { id, uuid } = device;
    await api().caller().post('/api/audit/conn', { id, uuid, conn_id: 7, action: 'close' });
    const ended = await sessionOf(api(), attempt.attempt);
    assert.ok(ended?.ended_at !== null);
    assert.equal(ended?.end_reason, 'reported');
  });

  it('keeps records while the database fails, and finds its way back when Redis has lost all', async () => {
    const attempt = attemptRecord('115');
    await api().db.schema.alterTable('attempts').renameTo('attempts_away').execute();
    await tell(api(), 'attempts', attempt);
    const owed = async (): Promise<boolean> => {
      const pending = (await api().redis.xpending(keys.attempts, 'api')) as [number];
      return pending[0] > 0;
    };
    await until(owed, { what: 'an unacknowledged record' });
    await api().db.schema.alterTable('attempts_away').renameTo('attempts').execute();
    const stored = (name: string) => () =>
      api()
        .db.selectFrom('attempts')
        .select('attempt')
        .where('attempt', '=', name)
        .executeTakeFirst();
    await until(stored(attempt.attempt), { timeoutMs: 30_000, what: 'the record' });
    await api().redis.flushall();
    const later = attemptRecord('115');
    await tell(api(), 'attempts', later);
    await until(stored(later.attempt), { timeoutMs: 30_000, what: 'the later record' });
  });
});
