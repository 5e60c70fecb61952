import assert from 'node:assert/strict';
import { NatType } from '@waystation/wire';
import {
  exchangeBulk,
  type CallerOptions,
  type DeviceOptions,
  type Transport,
} from '@waystation/testkit';
import { meet, type Scenario, type Stage } from './stage.js';

const BULK_BYTES = 64 * 1024 * 1024;

/** 64 MiB each way between two clients that meet on the relay. */
async function moveBulk(
  stage: Stage,
  calleeTransport: DeviceOptions['transport'],
  callerTransport: Transport,
): Promise<void> {
  const device = await stage.device({ transport: calleeTransport ?? 'udp' });
  // In plain text: what is under test is the relay, and two more ciphers would be most of the work.
  const caller = stage.caller({ transport: callerTransport, forceRelay: true, encrypt: false });
  const [mine, theirs] = await meet(caller, device);
  assert.equal(mine.path, 'relay');
  for (const { sent, received } of await exchangeBulk(mine.leg, theirs.leg, BULK_BYTES)) {
    assert.deepEqual(received, sent);
  }
  mine.leg.close();
  await theirs.leg.ended();
}

/** A short encrypted talk over the relay. */
async function talk(
  stage: Stage,
  deviceOptions: Partial<DeviceOptions>,
  callerOptions: Partial<CallerOptions>,
): Promise<{ pushed: string[]; natTypes: number[] }> {
  const device = await stage.device(deviceOptions);
  const [mine, theirs] = await meet(stage.caller(callerOptions), device);
  assert.equal(mine.path, 'relay');
  assert.equal(theirs.path, 'relay');
  assert.equal(mine.uuid, theirs.uuid);
  assert.ok(mine.verified && mine.encrypted && theirs.encrypted);
  await mine.leg.send(Buffer.from('ping'));
  assert.equal(String(await theirs.leg.receive()), 'ping');
  await theirs.leg.send(Buffer.from('pong'));
  assert.equal(String(await mine.leg.receive()), 'pong');
  const punches = device.pushes.filter((push) => push.name === 'punchHole');
  return {
    pushed: device.pushes.map(({ name }) => name),
    natTypes: punches.map(({ value }) => value.natType),
  };
}

export const relayedScenarios: readonly Scenario[] = [
  {
    title: 'a callee behind a symmetric NAT chooses the relay, the caller follows [P100]',
    run: async (stage) => {
      const { pushed } = await talk(stage, { natType: NatType.SYMMETRIC }, {});
      assert.deepEqual(pushed, ['punchHole']);
    },
  },
  {
    title: 'a caller whose direct way is shut asks for the relay [P101]',
    run: async (stage) => {
      const shut = { route: () => ({ ip: '127.0.0.1', port: 1 }) };
      const { pushed } = await talk(stage, {}, shut);
      assert.deepEqual(pushed, ['punchHole', 'requestRelay']);
    },
  },
  {
    title: 'a logged-in caller whose direct way is shut asks for the relay, encrypted both times',
    run: async (stage) => {
      const shut = { route: () => ({ ip: '127.0.0.1', port: 1 }) };
      await talk(stage, {}, { ...shut, token: 'an-access-token' });
    },
  },
  {
    title: 'a caller that wants the relay gets it at once',
    run: async (stage) => {
      const { pushed } = await talk(stage, {}, { forceRelay: true });
      assert.deepEqual(pushed, ['punchHole']);
      assert.deepEqual((await talk(stage, {}, { transport: 'ws' })).pushed, ['punchHole']);
    },
  },
  {
    title: 'a WebSocket caller in the network of the callee is never asked to meet there [P83]',
    run: async (stage) => {
      const from = stage.newAddress();
      const { pushed, natTypes } = await talk(stage, { from }, { from, transport: 'ws' });
      assert.deepEqual(pushed, ['punchHole']);
      assert.deepEqual(natTypes, [NatType.SYMMETRIC]);
    },
  },
  {
    title: 'a callee registered over WebSocket is reached on that connection [P71]',
    run: async (stage) => {
      await talk(stage, { transport: 'ws' }, {});
      await talk(stage, { transport: 'ws' }, { transport: 'ws' });
    },
  },
  {
    title: 'a callee registered over encrypted TCP is reached on that connection [P67] [P71]',
    run: async (stage) => {
      const shut = { route: () => ({ ip: '127.0.0.1', port: 1 }) };
      const { pushed } = await talk(stage, { transport: 'tcp' }, shut);
      assert.deepEqual(pushed, ['punchHole', 'requestRelay']);
    },
  },
  {
    title: '64 MiB each way, TCP to TCP, arrive unchanged',
    heavy: true,
    run: (stage) => moveBulk(stage, 'udp', 'tcp'),
  },
  {
    title: '64 MiB each way, TCP to WebSocket, arrive unchanged',
    heavy: true,
    run: (stage) => moveBulk(stage, 'udp', 'ws'),
  },
  {
    title: '64 MiB each way, WebSocket to WebSocket, arrive unchanged',
    heavy: true,
    run: (stage) => moveBulk(stage, 'ws', 'ws'),
  },
];
