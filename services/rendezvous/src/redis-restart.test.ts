import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onlineStates, startStack, until } from '@waystation/testkit';
import { Bench, expectMessage, freshAddress } from './testing/harness.js';

test('after a restart of Redis peers stay online and both replicas work together again', async () => {
  const bench = new Bench(
    await startStack({ rendezvous: 2, relay: 0, redis: { appendOnly: true } }),
  );
  try {
    const device = await bench.device(0, { heartbeatMs: 200, mute: false });
    await bench.stack.redis.restart();
    const server = bench.stack.server(1);
    const isOnline = async (): Promise<boolean> =>
      (await onlineStates(server, [device.id], { from: freshAddress() }))[0] === true;
    await until(isOnline, { timeoutMs: 15_000, everyMs: 200, what: 'the device to be online' });
    // The push goes to the other replica by a signal, so its subscription must be back too.
    await until(
      async () => {
        const leg = await bench.leg(1);
        await bench.punch(leg, device.id);
        return (await expectMessage(leg, 'punchHoleResponse', 1000)).socketAddr.length > 0;
      },
      { timeoutMs: 15_000, everyMs: 200, what: 'a punch across replicas' },
    );
    assert.ok(!device.heartbeatAnswers.includes(true));
    assert.ok(bench.stack.rendezvous.every((replica) => replica.alive));
    const newcomer = await bench.device(1, { heartbeatMs: 300 });
    assert.ok(newcomer.keyConfirmed);
  } finally {
    await bench.stop();
  }
});
