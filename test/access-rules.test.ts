import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  type Device,
  type Stack,
  CallFailed,
  freePort,
  startStack,
  until,
} from '@waystation/testkit';
import { closeRedis, openRedis, redisReady } from '@waystation/state';
import { Operator, type Row } from './scenarios/operator.js';
import { Stage } from './scenarios/stage.js';

const LIMIT = { timeout: 120_000 };

describe('access rules, from the REST to two rendezvous replicas', () => {
  let stack: Stack;
  let stage: Stage;
  let admin: Operator;
  let port: number;

  const endings = new AsyncDisposableStack();
  before(async () => {
    port = await freePort();
    const serviceEnv = { api: { API_PORT: String(port) } };
    stack = await startStack({ rendezvous: 2, serviceEnv, env: { ACCESS_RULES: 'Y' } });
    endings.defer(() => stack.stop());
    admin = await Operator.ofNewApi(stack, port);
    const server = stack.server(0);
    stage = new Stage(stack, { callee: server, answer: server, caller: server });
    endings.defer(() => stage.clear());
  });
  after(() => endings.disposeAsync());

  /** A user who is signed in. */
  async function user(name: string): Promise<{ guid: string; token: string }> {
    const password = 'a password of some length';
    const { guid } = (await admin.post('/api/users', { name, password })) as Row;
    const { token } = await new Operator(port).signIn(password, name);
    return { guid: String(guid), token };
  }

  /** A device that the api knows as well. */
  async function knownDevice(): Promise<Device> {
    const device = await stage.device();
    const uuid = device.identity.uuid.toString('base64');
    const sysinfo = { id: device.id, uuid, hostname: 'kiosk', os: 'linux', version: '1.4.0' };
    const told = async (): Promise<boolean> =>
      (await new Operator(port).post('/api/sysinfo', sysinfo)) !== 'ID_NOT_FOUND';
    await until(told, { what: 'a device that the api knows' });
    return device;
  }

  /** What the caller is told: `connected`, or the text of the refusal. */
  async function outcome(replica: number, id: string, token = ''): Promise<string> {
    const caller = stage.caller({ server: stack.server(replica), token });
    try {
      const { leg } = await caller.connect(id);
      leg.close();
      return 'connected';
    } catch (error) {
      if (error instanceof CallFailed) return error.message;
      throw error;
    } finally {
      caller.stop();
    }
  }

  /** Both replicas come to say the same. */
  async function becomes(expected: RegExp, id: string, token = ''): Promise<void> {
    for (const replica of [0, 1]) {
      let last = '';
      const isSo = async (): Promise<boolean> => {
        last = await outcome(replica, id, token);
        return expected.test(last);
      };
      const what = `${String(expected)} at replica ${replica}`;
      await until(isSo, { what, timeoutMs: 30_000, everyMs: 300 }).catch((error: unknown) => {
        throw new Error(`the last answer was: ${last}`, { cause: error });
      });
    }
  }

  test('[A99] a device of a group is for those whom the group lets in', LIMIT, async () => {
    const device = await knownDevice();
    const [anna, bert] = [await user('anna'), await user('bert')];
    await becomes(/^connected$/, device.id);
    const { guid: kiosks } = (await admin.post('/api/device-groups', { name: 'kiosks' })) as Row;
    await admin.post(`/api/device-groups/${String(kiosks)}`, [device.id]);
    await becomes(/account is not allowed to connect.*\(no-access [0-9a-f]{16}\)/, device.id);
    await becomes(/no-access/, device.id, anna.token);
    const desk = { name: 'desk', allowed_outgoings: [{ type: 1, name: 'kiosks' }] };
    const { guid: group } = (await admin.post('/api/user-groups', desk)) as Row;
    await admin.post(`/api/user-groups/${String(group)}`, [anna.guid]);
    await becomes(/^connected$/, device.id, anna.token);
    await becomes(/no-access/, device.id, bert.token);
    await becomes(/no-access/, device.id);
    await admin.patch(`/api/user-groups/${String(group)}`, { allowed_outgoings: [] });
    await becomes(/no-access/, device.id, anna.token);
  });

  test('[A99] an owner reaches his device; a relay request is no way round', LIMIT, async () => {
    const device = await knownDevice();
    const [cora, dirk] = [await user('cora'), await user('dirk')];
    const { data } = (await admin.get(`/api/devices?id=${device.id}`)) as { data: readonly Row[] };
    const guid = String(data[0]?.['guid']);
    await admin.post(`/api/devices/${guid}/assign`, { type: 'user_name', value: 'cora' });
    await becomes(/no-access/, device.id, dirk.token);
    await becomes(/^connected$/, device.id, cora.token);
    const round = stage.caller({ server: stack.server(1), token: dirk.token });
    await assert.rejects(round.viaRelay(device.id, '', undefined), /no-access/);
    await admin.post(`/api/users/${cora.guid}/disable`);
    await becomes(/no-access|log in/, device.id, cora.token);
    await becomes(/no-access/, device.id, admin.token);
  });

  test('an administrator reaches everything; Redis may lose the rules', LIMIT, async (t) => {
    const device = await knownDevice();
    const { guid } = (await admin.post('/api/device-groups', { name: 'vaults' })) as Row;
    await admin.post(`/api/device-groups/${String(guid)}`, [device.id]);
    await becomes(/no-access/, device.id);
    await becomes(/^connected$/, device.id, admin.token);
    const redis = openRedis(stack.redis.url, 'test');
    t.after(() => closeRedis(redis));
    await redisReady(redis);
    await redis.del('access-policy', 'access-users', 'access-devices');
    await becomes(/no-access/, device.id);
    await becomes(/^connected$/, device.id, admin.token);
  });
});
