import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Caller, Device, loopbackAddress, startStack, until } from '@waystation/testkit';

const LEASE_LOST_MS = 30_000;

for (const listRelays of [true, false]) {
  const kind = listRelays ? 'of RELAY_SERVERS' : 'that announce themselves';
  test(`rendezvous_healthy_relays counts relays ${kind}: those that take sessions now`, async (t) => {
    const serviceEnv = { rendezvous: { RELAY_CHECK: '1s' } };
    const stack = await startStack({ relay: 2, listRelays, serviceEnv });
    t.after(() => stack.stop());
    const [rendezvous] = stack.rendezvous;
    const [first, second] = stack.relays;
    assert.ok(rendezvous && first && second);
    const becomes = (count: number) =>
      until(async () => (await rendezvous.metric('rendezvous_healthy_relays')) === count, {
        timeoutMs: LEASE_LOST_MS,
        what: `${String(count)} healthy relays`,
      });
    await becomes(2);
    await stack.kill(first);
    await becomes(1);
    await stack.kill(second);
    await becomes(0);
    // With none left callers are still sent to the last ones: they may be back before the client.
    const server = stack.server();
    const device = new Device({ server, key: stack.key });
    t.after(() => device.stop());
    await device.start();
    const caller = new Caller({ server, key: stack.key, from: loopbackAddress(3) });
    t.after(() => caller.stop());
    const leg = await caller.openSignalling();
    const answer = await caller.punch(leg, device.id);
    assert.notEqual(answer.value.relayServer, '');
  });
}
