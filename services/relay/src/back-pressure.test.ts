import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { until } from '@waystation/testkit';
import { PROTOCOL_LIMITS } from './limits.js';
import { PUMPS, runRelay } from './testing/running-relay.js';
import type { RunningRelay } from './testing/running-relay.js';

const MIB = 1024 * 1024;
const CHUNK = Buffer.alloc(256 * 1024, 1);
/** Far more than the kernel keeps between two sockets. */
const FLOOD = 64 * MIB;

/** Waits until a number no longer changes: then every buffer on the way is full. */
async function settled(value: () => number): Promise<number> {
  let last = -1;
  await until(
    async () => {
      const now = value();
      if (now === last && now > 0) return true;
      last = now;
      await pause(200);
      return false;
    },
    { what: 'the flow to stop', timeoutMs: 30_000 },
  );
  return last;
}

for (const pump of PUMPS)
  describe(`back-pressure, pump ${pump}`, () => {
    let running: RunningRelay;
    before(async () => (running = await runRelay({}, {}, pump)));
    after(() => running.stop());

    test('[P114] a TCP reader that stopped makes the relay keep no more than one read', async () => {
      const [sender, reader] = await running.pair('tcp', 'tcp');
      reader.throttle(true);
      const before = process.memoryUsage().arrayBuffers;
      let sent = 0;
      const sending = (async () => {
        for (; sent < FLOOD && sender.endReason === undefined; sent += CHUNK.length) {
          await sender.sendRaw(CHUNK);
        }
      })();
      const stopped = await settled(() => sent);
      assert.ok(stopped < FLOOD, 'the sender feels that nobody reads');
      assert.ok(process.memoryUsage().arrayBuffers - before < 3 * MIB);
      reader.readRaw();
      reader.throttle(false);
      for (let received = 0; received < FLOOD;)
        received += (await reader.receive())?.length ?? FLOOD;
      await sending;
      assert.equal(sent, FLOOD);
      sender.abort();
      await running.noSession();
    });

    test('[P114] a stopped receiver behind a WebSocket holds its sender back too', async () => {
      const [reader, sender] = await running.pair('tcp', 'ws');
      reader.throttle(true);
      let sent = 0;
      const sending = (async () => {
        for (; sent < FLOOD && sender.endReason === undefined; sent += CHUNK.length) {
          await sender.send(CHUNK);
        }
      })();
      await settled(() => sent);
      const [session] = running.relay.sessions.running;
      const inKernel = 16 * MIB;
      const most = PROTOCOL_LIMITS.queueBytes + CHUNK.length + inKernel;
      assert.ok((session?.bytes ?? 0) < most, `${session?.bytes} bytes taken over`);
      reader.throttle(false);
      for (let received = 0; received < FLOOD;)
        received += (await reader.receive())?.length ?? FLOOD;
      await sending;
      assert.equal(sent, FLOOD);
      sender.abort();
      await running.noSession();
    });

    test('one direction that stands still does not stop the other', async () => {
      const [a, b] = await running.pair('tcp', 'tcp');
      b.throttle(true);
      let sent = 0;
      const sending = (async () => {
        for (; sent < FLOOD && a.endReason === undefined; sent += CHUNK.length)
          await a.sendRaw(CHUNK);
      })();
      await settled(() => sent);
      for (let i = 0; i < 100; i += 1) {
        await b.send(Buffer.alloc(1000, i));
        assert.deepEqual(await a.receive(), Buffer.alloc(1000, i));
      }
      a.abort();
      b.abort();
      await sending;
      await running.noSession();
    });

    test('a gigabyte at full speed never stalls, however often the receiver is full for a moment', async () => {
      const [sender, reader] = await running.pair('tcp', 'tcp');
      reader.readRaw();
      const total = 1024 * MIB;
      const sending = (async () => {
        for (let sent = 0; sent < total; sent += CHUNK.length) await sender.sendRaw(CHUNK);
      })();
      for (let received = 0; received < total;)
        received += (await reader.receive())?.length ?? total;
      await sending;
      sender.abort();
      await running.noSession();
    });
  });
