import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import { until } from '@waystation/testkit';
import type { TcpLeg } from '@waystation/testkit';
import { PUMPS, receiveRaw, runRelay } from './testing/running-relay.js';
import type { RunningRelay } from './testing/running-relay.js';

const KIB = 1024;
/** Fits into the kernel's first receive buffer, and takes the relay a while to read at 1 Mbit/s. */
const LAST_WORDS = randomBytes(48 * KIB);
const PIECE = 4 * KIB;
const HELLO = Buffer.from('are you there');

/** The relay's machine has everything that this client has sent, read or not. */
async function isDelivered({ local, remote }: TcpLeg): Promise<boolean> {
  const hex = (port: number): string => port.toString(16).toUpperCase().padStart(4, '0');
  const connection = new RegExp(`:${hex(local.port)} \\w+:${hex(remote.port)} \\w+ (\\w+):`);
  const [, unsent] = connection.exec(await readFile('/proc/net/tcp', 'latin1')) ?? [];
  return unsent !== undefined && Number.parseInt(unsent, 16) === 0;
}

for (const pump of PUMPS)
  describe(`a leg that is reset while the other one talks to it, pump ${pump}`, () => {
    let running: RunningRelay;
    before(async () => (running = await runRelay({}, { singleBandwidthMbit: 1 }, pump)));
    after(() => running.stop());

    for (const aheadBytes of [0, 80 * KIB])
      test(`TCP to TCP, after ${aheadBytes} bytes: what it had sent still arrives, then the end`, async () => {
        const [a, b] = await running.pair('tcp', 'tcp');
        b.readRaw();
        await a.sendRaw(Buffer.alloc(aheadBytes));
        await receiveRaw(b, aheadBytes);
        await a.sendRaw(LAST_WORDS);
        await until(() => isDelivered(a), { what: 'the last words to be with the relay' });
        a.abort();
        await b.sendRaw(HELLO);
        assert.ok((await receiveRaw(b, LAST_WORDS.length)).equals(LAST_WORDS));
        assert.equal(await b.receive(), undefined);
        await running.noSession();
      });

    test('TCP to WebSocket: its last messages still arrive, then the end', async () => {
      const [a, b] = await running.pair('tcp', 'ws');
      const pieceAt = (at: number): Buffer => LAST_WORDS.subarray(at, at + PIECE);
      for (let at = 0; at < LAST_WORDS.length; at += PIECE) await a.send(pieceAt(at));
      await until(() => isDelivered(a), { what: 'the last messages to be with the relay' });
      a.abort();
      await b.send(HELLO);
      for (let at = 0; at < LAST_WORDS.length; at += PIECE) {
        assert.ok((await b.receive())?.equals(pieceAt(at)));
      }
      assert.equal(await b.receive(), undefined);
      await running.noSession();
    });
  });

test('a WebSocket that talks on to a leg that was reset, and takes nothing from it, holds no session', async (t) => {
  const running = await runRelay({ idleMs: 3_000, idleCheckMs: 200 });
  t.after(() => running.stop());
  const [a, b] = await running.pair('tcp', 'ws');
  const [session] = running.relay.sessions.running;
  for (let i = 0; i < 256; i += 1) void a.send(Buffer.alloc(256 * KIB));
  let lastBytes = -1;
  const isFull = (): boolean => {
    const bytes = session?.bytes ?? 0;
    const stands = bytes > 0 && bytes === lastBytes;
    lastBytes = bytes;
    return stands;
  };
  await until(isFull, { timeoutMs: 30_000, everyMs: 300, what: 'the WebSocket to be full' });
  a.abort();
  const talk = setInterval(() => void b.send(Buffer.alloc(8 * KIB)), 50);
  t.after(() => clearInterval(talk));
  await until(() => running.relay.sessions.running.size === 0, { timeoutMs: 30_000 });
});
