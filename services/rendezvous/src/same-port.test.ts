import assert from 'node:assert/strict';
import { test } from 'node:test';
import { demangleAddress } from '@waystation/wire';
import { dial, freePort } from '@waystation/testkit';
import { Bench, expectMessage, expectPush } from './testing/harness.js';

const PROXIES = ['127.0.0.77', '127.0.0.78'];
const CLIENT = '198.51.100.23';

test('[P95] behind two proxies two callers get one address and port at two replicas, and each its own answer', async () => {
  const bench = await Bench.start(2, { TRUSTED_PROXIES: PROXIES.join(',') });
  try {
    const device = await bench.device(0);
    const fromPort = await freePort();
    const legs = [];
    for (const [at, from] of PROXIES.entries()) {
      const headers = { 'X-Real-IP': CLIENT };
      const leg = await dial('ws', { ...bench.stack.server(at), from, fromPort, headers });
      legs.push(bench.closing.add(leg, (one) => one.abort()));
    }
    const pushed: Buffer[] = [];
    for (const [n, leg] of legs.entries()) {
      await bench.punch(leg, device.id);
      const { socketAddr } = await expectPush(device, 'punchHole', n + 1);
      assert.deepEqual(demangleAddress(socketAddr), { ip: CLIENT, port: fromPort });
      pushed.push(socketAddr);
    }
    for (const [n, socketAddr] of [...pushed.entries()].reverse()) {
      const relayServer = `relay-of-${String(n)}`;
      const answer = { socketAddr, uuid: 'u', relayServer, id: device.id, version: '1.4.9' };
      await bench.answer(1 - n, 'relayResponse', answer);
    }
    for (const [n, leg] of legs.entries()) {
      const { relayServer } = await expectMessage(leg, 'relayResponse');
      assert.equal(relayServer, `relay-of-${String(n)}`);
    }
  } finally {
    await bench.stop();
  }
});
