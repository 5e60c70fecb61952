import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { freePort, startStack, until, type Device, type Stack } from '@waystation/testkit';
import { Operator, type Row } from './scenarios/operator.js';
import { meet, Stage } from './scenarios/stage.js';

const LIMIT = { timeout: 90_000 };

describe('what operators read of sessions', () => {
  let stack: Stack;
  let stage: Stage;
  let operator: Operator;

  const endings = new AsyncDisposableStack();
  before(async () => {
    const port = await freePort();
    const serviceEnv = { api: { API_PORT: String(port) } };
    stack = await startStack({ listRelays: false, serviceEnv });
    endings.defer(() => stack.stop());
    operator = await Operator.ofNewApi(stack, port);
    const server = stack.server();
    stage = new Stage(stack, { callee: server, answer: server, caller: server });
    endings.defer(() => stage.clear());
    const relays = async (): Promise<boolean> =>
      (await operator.get('/api/v1/relays/explain?ip=192.0.2.1'))['address'] !== '';
    await until(relays, { what: 'a relay that the rendezvous knows', timeoutMs: 30_000 });
  });
  after(() => endings.disposeAsync());

  test('a relayed session: who, when, how much, and that it is true', LIMIT, async () => {
    const device = await stage.device();
    const caller = stage.caller({ forceRelay: true });
    const begun = Date.now();
    const [mine, theirs] = await meet(caller, device);
    await mine.leg.send(Buffer.from('ping'));
    assert.equal(String(await theirs.leg.receive()), 'ping');
    await theirs.leg.send(Buffer.alloc(5_000));
    assert.equal((await mine.leg.receive())?.length, 5_000);
    mine.leg.close();
    await theirs.leg.ended();
    const path = `/api/v1/sessions?device=${device.id}`;
    const row = await operator.find(path, isComplete);
    assert.deepEqual([row['path'], row['trust'], row['outcome']], ['relayed', 'verified', 'relay']);
    assert.deepEqual([row['callee_id'], row['caller_ip']], [device.id, caller.options.from]);
    assert.equal(row['uuid'], mine.uuid);
    const [sent, back] = [Number(row['caller_bytes']), Number(row['callee_bytes'])];
    assert.ok(back > 5_000 && sent > 4 && sent < back, JSON.stringify(row));
    assert.equal(row['bytes'], sent + back);
    const [started, ended] = [Number(row['started_at']), Number(row['ended_at'])];
    assert.ok(begun - 1_000 <= started && started <= ended && ended <= Date.now() + 1_000);
    const attempt = await operator.get(`/api/v1/attempts/${String(row['attempt'])}`);
    assert.equal((attempt['session'] as Row)['guid'], row['guid']);
    assert.equal(attempt['reached'], true);
  });

  test('a direct session, as the device reports it: proven by its attempt', LIMIT, async () => {
    const device = await stage.device();
    const [mine] = await meet(stage.caller(), device);
    assert.equal(mine.path, 'direct');
    await reportSession(operator, device);
    const path = `/api/v1/sessions?device=${device.id}`;
    const row = await operator.find(path, isComplete);
    assert.deepEqual([row['path'], row['trust'], row['outcome']], ['direct', 'verified', 'direct']);
    assert.deepEqual([row['caller_id'], row['bytes']], ['987654321', null]);
    const shown = await operator.get(`/api/v1/sessions/${String(row['guid'])}`);
    assert.equal((shown['attempt_made'] as Row)['callee_id'], device.id);
    assert.equal((shown['report'] as Row)['session_id'], '4711');
  });

  test('a failed attempt: why', LIMIT, async () => {
    const device = await stage.device({ transport: 'ws' });
    device.stop();
    const failed = stage.caller().connect(device.id);
    await assert.rejects(failed);
    const path = `/api/v1/attempts?device=${device.id}&outcome=offline&pageSize=1`;
    const row = await operator.find(path, () => true);
    assert.match(String(row['why']), /not online/);
  });

  test('the relays, and why a caller would get which', LIMIT, async () => {
    const { data } = (await operator.get('/api/v1/relays')) as { data: readonly Row[] };
    const [relay] = data;
    assert.equal(data.length, 1);
    assert.equal(relay?.['id'], stack.relays[0]?.id);
    assert.deepEqual([relay?.['draining'], typeof relay?.['version']], [false, 'string']);
    const choice = await operator.get('/api/v1/relays/explain?ip=192.0.2.1');
    assert.equal(choice['address'], relay?.['address']);
    const [verdict] = choice['verdicts'] as readonly Row[];
    assert.equal(verdict?.['why'], 'chosen');
  });
});

/** Ended, and the attempt has told its part. */
function isComplete(session: Row): boolean {
  return session['outcome'] !== '' && session['ended_at'] !== null;
}

/** What a stock device tells of a connection that came from the attempt it was just pushed. */
async function reportSession(operator: Operator, device: Device): Promise<void> {
  const push = device.pushes.find(({ name }) => name === 'punchHole');
  const { controlledContext } = push?.value as { controlledContext?: { connAuditRef: string } };
  const { id, uuid } = device.identity;
  const key = { id, uuid: uuid.toString('base64'), conn_id: 1 };
  const opened = { action: 'new', ip: '192.0.2.55', session_id: 0 };
  const conn_audit_ref = controlledContext?.connAuditRef;
  await operator.post('/api/audit/conn', { ...key, ...opened, conn_audit_ref });
  const peer = { peer: ['987654321', 'laptop'], type: 0, session_id: 4711 };
  await operator.post('/api/audit/conn', { ...key, ...peer });
  await operator.post('/api/audit/conn', { ...key, action: 'close', session_id: 4711 });
}
