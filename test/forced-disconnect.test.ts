import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import {
  CallFailed,
  freePort,
  startStack,
  until,
  type CallerSession,
  type Device,
  type Stack,
} from '@waystation/testkit';
import { Operator, type Row } from './scenarios/operator.js';
import { meet, Stage } from './scenarios/stage.js';

const LIMIT = { timeout: 90_000 };
const PASSWORD = 'a long password';

describe('sessions that an administrator ends', { concurrency: false }, () => {
  let stack: Stack;
  let stage: Stage;
  let admin: Operator;
  let port: number;

  const endings = new AsyncDisposableStack();
  before(async () => {
    port = await freePort();
    const env = { MUST_LOGIN: 'optional' };
    stack = await startStack({ env, serviceEnv: { api: { API_PORT: String(port) } } });
    endings.defer(() => stack.stop());
    admin = await Operator.ofNewApi(stack, port);
    const server = stack.server();
    stage = new Stage(stack, { callee: server, answer: server, caller: server });
  });
  after(() => endings.disposeAsync());
  afterEach(() => stage.clear());

  /** A device that the api has heard of, and what the api calls it. */
  async function knownDevice(): Promise<[Device, string]> {
    const device = await stage.device();
    const { id } = device;
    await admin.post('/api/sysinfo', {
      id,
      uuid: uuidOf(device),
      hostname: 'pc',
      version: '1.4.9',
    });
    const row = await admin.find(`/api/devices?id=${id}`, () => true);
    return [device, String(row['guid'])];
  }

  /** A new user who has logged in. */
  async function user(name: string): Promise<{ guid: string; token: string }> {
    const made = (await admin.post('/api/users', { name, password: PASSWORD })) as Row;
    const { token } = await new Operator(port).signIn(PASSWORD, name);
    return { guid: String(made['guid']), token };
  }

  /** A relayed session over which bytes go both ways. */
  async function relayed(device: Device, token = ''): Promise<CallerSession> {
    const [mine, theirs] = await meet(stage.caller({ forceRelay: true, token }), device);
    await assertTalk(mine, theirs);
    return mine;
  }

  /** The newest entries of the console audit: what was done to whom. */
  async function audited(): Promise<unknown[]> {
    const { data } = await admin.get('/api/audits/console?pageSize=5');
    return (data as readonly Row[]).map(({ iop }) => iop);
  }

  test('a relayed session that is closed ends within 5 s, another one goes on', LIMIT, async () => {
    const [device] = await knownDevice();
    const [other] = await knownDevice();
    const mine = await relayed(device);
    const [theirs, far] = await meet(stage.caller({ forceRelay: true }), other);
    await admin.post('/api/v1/relay-sessions/close', { devices: [device.id] });
    await endsSoon(mine);
    await assertTalk(theirs, far);
    assert.ok((await audited()).includes(103));
    const row = await admin.find(`/api/v1/sessions?device=${device.id}`, hasEnded);
    assert.equal(row['path'], 'relayed');
  });

  test(
    'a running session is listed within seconds, and is ended by what its row says',
    LIMIT,
    async () => {
      const [device] = await knownDevice();
      const { token } = await user('someone');
      const mine = await relayed(device, token);
      const path = `/api/v1/sessions?device=${device.id}&running=1`;
      const row = await admin.find(path, ({ user_name }) => user_name === 'someone');
      assert.deepEqual([row['path'], row['trust'], row['ended_at']], ['relayed', 'verified', null]);
      assert.deepEqual([row['uuid'], row['relay']], [mine.uuid, stack.relays[0]?.id]);
      assert.ok(Number(row['bytes']) > 0);
      await admin.post('/api/v1/relay-sessions/close', { uuid: row['uuid'] });
      await endsSoon(mine);
      await admin.find(`/api/v1/sessions?device=${device.id}&running=0`, hasEnded);
      const running = await admin.get(path);
      assert.deepEqual(running['data'], []);
    },
  );

  test(
    'a direct session: the device reads in its heartbeat which to close, until it is gone',
    LIMIT,
    async () => {
      const [device, guid] = await knownDevice();
      const [mine] = await meet(stage.caller(), device);
      assert.equal(mine.path, 'direct');
      const beat = (conns: readonly number[]): Promise<unknown> =>
        admin.post('/api/heartbeat', { id: device.id, uuid: uuidOf(device), conns });
      assert.deepEqual(await beat([7, 8]), {});
      await admin.post(`/api/devices/${guid}/disconnect`, { conn_id: 7 });
      assert.deepEqual(await beat([7, 8]), { disconnect: [7] });
      assert.deepEqual(await beat([7, 8]), { disconnect: [7] });
      assert.deepEqual(await beat([8]), {});
      assert.ok((await audited()).includes(5));
    },
  );

  test('a device that is disabled loses its relayed sessions', LIMIT, async () => {
    const [device, guid] = await knownDevice();
    const mine = await relayed(device);
    await admin.post(`/api/devices/${guid}/disable`);
    await endsSoon(mine);
    assert.ok((await audited()).includes(9));
  });

  test(
    'a user who is disabled or deleted loses the sessions that he began, and nobody else his',
    LIMIT,
    async () => {
      const [device] = await knownDevice();
      for (const end of ['disable', 'delete'] as const) {
        const [victim, bystander] = [await user(`${end}d`), await user(`not-${end}d`)];
        const mine = await relayed(device, victim.token);
        const [theirs, far] = await meet(
          stage.caller({ forceRelay: true, token: bystander.token }),
          device,
        );
        if (end === 'disable') await admin.post(`/api/users/${victim.guid}/disable`);
        if (end === 'delete') await admin.delete(`/api/users/${victim.guid}`);
        await endsSoon(mine);
        await assertTalk(theirs, far);
        // His login was looked up a moment ago: being shut out must not wait until that is forgotten.
        const again = stage.caller({ forceRelay: true, token: victim.token }).connect(device.id);
        await assert.rejects(again, isRefusal(/log in again/));
        assert.ok((await audited()).includes(end === 'disable' ? 7 : 13));
      }
    },
  );
});

/** Whatever passes before the end is of no interest; the end is. */
async function endsSoon({ leg }: CallerSession): Promise<void> {
  let hasEnded = false;
  const end = leg.ended().then(() => (hasEnded = true));
  await until(() => hasEnded, { what: 'the end of the session', timeoutMs: 5_000 });
  await end;
}

async function assertTalk(
  mine: Pick<CallerSession, 'leg'>,
  theirs: Pick<CallerSession, 'leg'>,
): Promise<void> {
  await mine.leg.send(Buffer.from('ping'));
  assert.equal(String(await theirs.leg.receive()), 'ping');
  await theirs.leg.send(Buffer.from('pong'));
  assert.equal(String(await mine.leg.receive()), 'pong');
}

function uuidOf({ identity }: Device): string {
  return identity.uuid.toString('base64');
}

function hasEnded(session: Row): boolean {
  return session['ended_at'] !== null;
}

function isRefusal(text: RegExp): (error: unknown) => boolean {
  return (error) =>
    error instanceof CallFailed && error.reason === 'refused' && text.test(error.message);
}
