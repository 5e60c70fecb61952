import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import { type Stack, freePort, onlineStates, startStack, until } from '@waystation/testkit';
import { Operator, type Row } from './scenarios/operator.js';
import { meet, Stage } from './scenarios/stage.js';

const LIMIT = { timeout: 120_000 };

interface Place {
  readonly stack: Stack;
  readonly stage: Stage;
  readonly admin: Operator;
}

/** Two rendezvous replicas and an api, with this setting, until the test is over. */
async function open(t: TestContext, setting: string): Promise<Place> {
  const port = await freePort();
  const serviceEnv = { api: { API_PORT: String(port) } };
  const stack = await startStack({ rendezvous: 2, serviceEnv, env: { [setting]: 'Y' } });
  t.after(() => stack.stop());
  const admin = await Operator.ofNewApi(stack, port);
  const server = stack.server(0);
  const stage = new Stage(stack, { callee: server, answer: server, caller: server });
  t.after(() => stage.clear());
  return { stack, admin, stage };
}

describe('strict enrolment, from a new device to an operator and back', () => {
  test(
    'a new device waits until an operator lets it in; then it comes by itself',
    LIMIT,
    async (t) => {
      const { stack, stage, admin } = await open(t, 'REQUIRE_APPROVAL');
      const device = stage.unregisteredDevice();
      const started = device.start(90_000);
      const waits = async (): Promise<Row | undefined> => {
        const { data } = (await admin.get('/api/v1/pending-devices')) as { data: readonly Row[] };
        return data.find(({ id }) => id === device.id);
      };
      const waiting = await until(waits, { what: 'the device in the list', timeoutMs: 30_000 });
      assert.equal(waiting['uuid'], device.identity.uuid.toString('base64'));
      for (const replica of [0, 1]) {
        assert.deepEqual(await onlineStates(stack.server(replica), [device.id]), [false]);
      }
      await assert.rejects(stage.caller().connect(device.id), /not exist/i);
      await admin.post(`/api/v1/pending-devices/${device.id}/approve`);
      await started;
      assert.equal(await waits(), undefined);
      const [mine] = await meet(stage.caller({ server: stack.server(1) }), device);
      assert.ok(mine.verified, 'by the key that it asked with');
      const audit = (await admin.get('/api/audits/console')) as { data: readonly Row[] };
      assert.ok(
        audit.data.some(({ typ, iop }) => typ === 2 && iop === 3),
        'an added device',
      );
    },
  );

  test(
    '[A94] with deployment required a new device is not deployed until its token says so',
    LIMIT,
    async (t) => {
      const { stack, stage, admin } = await open(t, 'REQUIRE_DEPLOYMENT');
      const device = stage.unregisteredDevice();
      const started = device.start(90_000);
      await until(() => device.results.includes(NOT_DEPLOYED), { what: 'NOT_DEPLOYED' });
      assert.deepEqual(await onlineStates(stack.server(0), [device.id]), [false]);
      const scopes = { devices: 'rw' };
      const made = (await admin.post('/api/v1/tokens', { name: 'deploy', scopes })) as Row;
      admin.token = String(made['token']);
      const { id, identity } = device;
      const uuid = identity.uuid.toString('base64');
      const pk = identity.publicKey.toString('base64');
      const answer = await admin.post('/api/devices/deploy', { id, uuid, pk });
      assert.match(JSON.stringify(answer), /OK/);
      await started;
      assert.deepEqual(await onlineStates(stack.server(0), [device.id]), [true]);
    },
  );
});

/** Protocol 6.2. */
const NOT_DEPLOYED = 8;
