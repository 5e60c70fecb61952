import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { exchangeBulk, until } from '@waystation/testkit';
import { encodeFrame } from '@waystation/wire';
import { joinFrame, PUMPS, receiveRaw, runRelay } from './testing/running-relay.js';
import type { RunningRelay } from './testing/running-relay.js';

const COMBINATIONS = [
  ['tcp', 'tcp'],
  ['tcp', 'ws'],
  ['ws', 'tcp'],
  ['ws', 'ws'],
] as const;
const MIB = 1024 * 1024;

for (const pump of PUMPS)
  describe(`sessions, pump ${pump}`, () => {
    let running: RunningRelay;
    before(async () => (running = await runRelay({}, {}, pump)));
    after(() => running.stop());

    for (const [first, second] of COMBINATIONS) {
      test(`[P107] ${first} first, ${second} second: payloads pass both ways in order`, async () => {
        const [a, b] = await running.pair(first, second);
        for (let i = 1; i <= 50; i += 1) {
          await a.send(Buffer.alloc(i, i));
          await b.send(Buffer.alloc(i * 100, i));
        }
        for (let i = 1; i <= 50; i += 1) {
          assert.deepEqual(await b.receive(), Buffer.alloc(i, i));
          assert.ok((await a.receive())?.equals(Buffer.alloc(i * 100, i)));
        }
        a.abort();
        await running.noSession();
      });

      test(`${first} and ${second}: 64 MiB both ways arrive unharmed`, async () => {
        const [a, b] = await running.pair(first, second);
        for (const { sent, received } of await exchangeBulk(a, b, 64 * MIB)) {
          assert.deepEqual(received, sent);
        }
        a.abort();
        await running.noSession();
      });
    }

    test('[P104] [P107] TCP to TCP is transparent, with bytes sent behind either join', async () => {
      const uuid = randomUUID();
      // A header longer than necessary, an empty frame and half a frame: raw mode must not look at them.
      const ahead = Buffer.from('0500aa' + '00' + '03000010ff', 'hex');
      for (const waitsFirst of [true, false]) {
        const a = await running.silent();
        await a.sendRaw(Buffer.concat([joinFrame(uuid), waitsFirst ? ahead : Buffer.alloc(0)]));
        await running.waitingLegs(1);
        const b = await running.silent();
        await b.sendRaw(Buffer.concat([joinFrame(uuid), waitsFirst ? Buffer.alloc(0) : ahead]));
        const [from, to] = waitsFirst ? [a, b] : [b, a];
        to.readRaw();
        const later = randomBytes(100_000);
        await from.sendRaw(later);
        const expected = Buffer.concat([ahead, later]);
        assert.ok((await receiveRaw(to, expected.length)).equals(expected));
        a.abort();
        await running.noSession();
      }
    });

    test('[P104] what a waiting leg sends in many pieces is kept, more than the bound too', async () => {
      const uuid = randomUUID();
      const a = await running.join('tcp', uuid);
      const content = randomBytes(3 * MIB);
      const sending = (async () => {
        for (let at = 0; at < content.length; at += 10_000) {
          await a.sendRaw(content.subarray(at, at + 10_000));
        }
      })();
      await running.waitingLegs(1);
      await until(() => running.relay.pairing.waiting === 1, { what: 'the leg to wait' });
      const b = await running.join('tcp', uuid);
      b.readRaw();
      assert.ok((await receiveRaw(b, content.length)).equals(content));
      await sending;
      a.abort();
      await running.noSession();
    });

    test('[P105] early frames of a TCP leg become messages for a WebSocket, and the reverse', async () => {
      const uuid = randomUUID();
      const a = await running.silent();
      const frames = [
        encodeFrame(Buffer.alloc(63, 1)),
        Buffer.from('0500aa', 'hex'),
        Buffer.of(0, 4),
      ];
      await a.sendRaw(Buffer.concat([joinFrame(uuid), ...frames]));
      await running.waitingLegs(1);
      const b = await running.join('ws', uuid);
      assert.deepEqual(await b.receive(), Buffer.alloc(63, 1));
      assert.deepEqual(await b.receive(), Buffer.of(0xaa));
      await a.sendRaw(Buffer.of(7));
      assert.deepEqual(await b.receive(), Buffer.of(7));
      b.abort();
      await running.noSession();
      const c = await running.join('ws', uuid);
      for (let i = 0; i < 20; i += 1) await c.send(Buffer.alloc(10_000, i));
      await running.waitingLegs(1);
      const d = await running.join('tcp', uuid);
      for (let i = 0; i < 20; i += 1) {
        assert.ok((await d.receive())?.equals(Buffer.alloc(10_000, i)));
      }
      c.abort();
      await running.noSession();
    });

    test('[P105] a 5 MiB and a 20 MiB frame pass between TCP and WebSocket as one message', async () => {
      const [tcp, ws] = await running.pair('tcp', 'ws');
      for (const size of [5 * MIB, 20 * MIB]) {
        const payload = randomBytes(size);
        await tcp.send(payload);
        assert.ok((await ws.receive())?.equals(payload));
        await ws.send(payload);
        assert.ok((await tcp.receive())?.equals(payload));
      }
      tcp.abort();
      await running.noSession();
    });

    test('a frame above 64 MiB ends a framed session', async () => {
      const [tcp, ws] = await running.pair('tcp', 'ws');
      await tcp.sendRaw(Buffer.from('07000010', 'hex'));
      assert.equal(await ws.receive(), undefined);
      assert.equal(ws.closeCode, 1008);
      await running.noSession();
    });

    test('[P106] two WebSockets keep message boundaries, fragments and all', async () => {
      const [a, b] = await running.pair('ws', 'ws');
      await a.sendInPieces(Buffer.alloc(1000, 3), 100);
      await a.send(Buffer.of(1));
      await a.send(Buffer.alloc(0));
      await a.send(Buffer.of(2, 2));
      assert.deepEqual(await b.receive(), Buffer.alloc(1000, 3));
      assert.deepEqual(await b.receive(), Buffer.of(1));
      assert.deepEqual(await b.receive(), Buffer.of(2, 2));
      a.abort();
      await running.noSession();
    });

    for (const [first, second] of COMBINATIONS) {
      test(`[P110] ${first} leaves: ${second} gets all that was sent, then the end`, async () => {
        const [a, b] = await running.pair(first, second);
        const sent = randomBytes(8 * MIB);
        for (let at = 0; at < sent.length; at += MIB) await a.send(sent.subarray(at, at + MIB));
        a.close();
        for (let at = 0; at < sent.length; at += MIB) {
          assert.ok((await b.receive())?.equals(sent.subarray(at, at + MIB)));
        }
        assert.equal(await b.receive(), undefined);
        if (b.kind === 'ws') assert.equal(b.closeCode, 1000);
        await running.noSession();
      });
    }

    test('a reset ends the other side and the session', async () => {
      for (const [first, second] of COMBINATIONS) {
        const [a, b] = await running.pair(first, second);
        a.abort();
        assert.equal(await b.receive(), undefined);
        await running.noSession();
      }
    });
  });
