import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Device, freePort, startStack, until } from '@waystation/testkit';
import { Permission } from '@waystation/wire';
import { Operator, type Row } from './scenarios/operator.js';
import { Stage } from './scenarios/stage.js';

const LIMIT = { timeout: 180_000 };

/** What a device with these bits lets its caller do, as the client reads them (api 4.4). */
function allowed(bits: bigint | undefined, local: boolean): Record<string, boolean> {
  const entries = Object.entries(Permission).map(([name, n]) => {
    const pair = ((bits ?? 0n) >> BigInt(2 * n)) & 3n;
    return [name, pair === 1n ? false : pair === 2n ? true : local] as const;
  });
  return Object.fromEntries(entries);
}

/** The bits of the newest push to the device; every push carries them or none. */
function bitsAt(device: Device): bigint | undefined {
  const push = device.pushes.at(-1);
  if (push?.name !== 'punchHole' && push?.name !== 'fetchLocalAddr') return undefined;
  return push.value.controlPermissions?.permissions;
}

test(
  '[A100] a role made over the REST reaches the device, which then lets its caller do that much',
  LIMIT,
  async (t) => {
    const port = await freePort();
    const stack = await startStack({
      rendezvous: 2,
      serviceEnv: { api: { API_PORT: String(port) } },
    });
    t.after(() => stack.stop());
    const admin = await Operator.ofNewApi(stack, port);
    const server = stack.server(0);
    const stage = new Stage(stack, { callee: server, answer: server, caller: stack.server(1) });
    t.after(() => stage.clear());
    const word = 'a password of some length';
    const { guid } = (await admin.post('/api/users', { name: 'anna', password: word })) as Row;
    const { token } = await new Operator(port).signIn(word, 'anna');
    const permissions = { keyboard: 'allow', file: 'deny', terminal: 'deny' };
    const role = (await admin.post('/api/v1/control-roles', {
      name: 'No files',
      permissions,
    })) as Row;
    await admin.post('/api/v1/control-roles/assign', { role: role['guid'], users: [guid] });

    const device = await stage.device();
    const told = async (as: string): Promise<bigint | undefined> => {
      const caller = stage.caller({ server: stack.server(1), token: as });
      const { leg } = await caller.connect(device.id);
      leg.close();
      caller.stop();
      return bitsAt(device);
    };
    const isKnown = async (): Promise<boolean> => (await told(token)) === 4162n;
    await until(isKnown, { timeoutMs: 30_000, everyMs: 300, what: 'the role at the device' });
    for (const local of [true, false]) {
      const { keyboard, file, terminal, audio } = allowed(bitsAt(device), local);
      assert.deepEqual([keyboard, file, terminal, audio], [true, false, false, local]);
    }
    assert.equal(await told(''), undefined, 'nobody else is bound by it');
    // a device whose client cannot keep to it is not reached, and the caller reads why
    const old = await stage.device({ version: '1.4.4' });
    const caller = stage.caller({ server: stack.server(1), token });
    await assert.rejects(caller.connect(old.id), /too old.*\(old-callee [0-9a-f]{16}\)/);
  },
);
