import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { decodeMessage, encodeMessage, RegisterPkResult } from '@waystation/wire';
import {
  CallFailed,
  hear,
  newIdentity,
  newSigningKeys,
  onlineStates,
  tell,
  until,
  type FailureReason,
} from '@waystation/testkit';
import type { Scenario, Stage } from './stage.js';

/** The raw answer to one punch request, as hex. */
async function answerTo(stage: Stage, id: string, licenceKey: string): Promise<string> {
  const leg = await stage.dialCaller();
  await leg.send(
    encodeMessage('punchHoleRequest', { id, licenceKey, natType: 1, version: '1.4.9' }),
  );
  const answer = await leg.receive(5_000);
  return answer?.toString('hex') ?? 'closed';
}

async function untilOffline(stage: Stage, id: string): Promise<void> {
  const isOffline = async () => {
    const [online] = await onlineStates(stage.places.caller, [id]);
    return online === false;
  };
  await until(isOffline, { what: 'the device that left to be offline', timeoutMs: 6_000 });
}

function because(reason: FailureReason): (error: unknown) => boolean {
  return (error) => error instanceof CallFailed && error.reason === reason;
}

export const refusalScenarios: readonly Scenario[] = [
  {
    title: 'a caller with the wrong key is told so and the callee hears nothing [P78]',
    run: async (stage) => {
      const device = await stage.device();
      const wrong = newSigningKeys().publicKey.toString('base64');
      const caller = stage.caller({ key: wrong });
      await assert.rejects(caller.connect(device.id), because('key-mismatch'));
      assert.equal(await answerTo(stage, device.id, wrong), '5a021803');
      // A right request behind the wrong ones: had they been passed on, they would have come first.
      assert.notEqual(await answerTo(stage, device.id, stage.stack.key), '5a021803');
      assert.equal(device.pushes.length, 1);
    },
  },
  {
    title: 'a caller without a key is told that it has the wrong one',
    run: async (stage) => {
      const device = await stage.device();
      await assert.rejects(stage.caller({ key: '' }).connect(device.id), because('key-mismatch'));
      const old = stage.caller({ key: '', version: '1.1.9' });
      await assert.rejects(old.connect(device.id), because('key-mismatch'));
    },
  },
  {
    title: 'an unknown id does not exist, a known one that left is offline [P79]',
    run: async (stage) => {
      await assert.rejects(stage.caller().connect('999000999'), because('id-not-exist'));
      assert.equal(await answerTo(stage, '999000999', stage.stack.key), '5a00');
      const device = await stage.device({ transport: 'ws' });
      const { id } = device;
      device.stop();
      await untilOffline(stage, id);
      await assert.rejects(stage.caller().connect(id), because('offline'));
      assert.equal(await answerTo(stage, id, stage.stack.key), '5a021802');
    },
  },
  {
    title: 'a relay asked for towards an unknown or an offline id is refused at once [P98]',
    run: async (stage) => {
      const device = await stage.device({ transport: 'ws' });
      device.stop();
      await untilOffline(stage, device.id);
      for (const id of ['999000998', device.id]) {
        const leg = await stage.dialCaller();
        const relayServer = stage.stack.relayAddress();
        await tell(leg, 'requestRelay', { id, uuid: randomUUID(), relayServer });
        const answer = await hear(leg, 1_000);
        assert.equal(answer.name, 'relayResponse');
        assert.notEqual(answer.value.refuseReason, '');
      }
    },
  },
  {
    title: 'a second machine with the id of another one gets an id of its own',
    run: async (stage) => {
      const first = await stage.device();
      const double = newIdentity(first.id);
      const second = await stage.device({ identity: double });
      assert.equal(second.results[0], RegisterPkResult.UUID_MISMATCH);
      assert.notEqual(second.id, first.id);
      assert.match(second.id, /^1\d{9}$/);
      const states = await onlineStates(stage.places.caller, [first.id, second.id]);
      assert.deepEqual(states, [true, true]);
    },
  },
  {
    title: 'a message out of place ends the connection without an answer',
    run: async (stage) => {
      for (const transport of ['tcp', 'ws'] as const) {
        const leg = await stage.dialCaller(transport);
        await leg.send(encodeMessage('punchHole', { natType: 1 }));
        const answer = await leg.receive(5_000);
        assert.equal(answer && decodeMessage(answer).name, undefined);
      }
    },
  },
];
