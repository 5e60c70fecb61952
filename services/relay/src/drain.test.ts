import assert from 'node:assert/strict';
import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, before, describe, test } from 'node:test';
import { dialTcp, sendBulk, until } from '@waystation/testkit';
import type { Digest, Leg, Replica } from '@waystation/testkit';
import { encodeFrame, encodeMessage } from '@waystation/wire';
import { FellowRelays, LICENCE_KEY } from './testing/fellow-relays.js';

/** More than kernels keep for a connection that is not read. */
const BULK_BYTES = 24 * 1024 * 1024;

describe('a relay that is told to end', () => {
  let fellows: FellowRelays;
  let stays: Replica;
  before(async () => {
    fellows = await FellowRelays.start({ WAYSTATION_DRAIN_SECONDS: '30' });
    [stays] = (await fellows.add(1)) as [Replica];
  });
  after(() => fellows.stop());

  async function assertTalk(a: Leg, b: Leg): Promise<void> {
    const words = randomUUID();
    await a.send(Buffer.from(words));
    assert.equal((await b.receive())?.toString(), words);
  }

  async function untilPortIsLeft(replica: Replica): Promise<void> {
    const isLeft = async (): Promise<boolean> => {
      const found = await dialTcp({ host: '127.0.0.1', port: replica.port }).catch(() => undefined);
      found?.abort();
      return found === undefined;
    };
    await until(isLeft, { timeoutMs: 15_000, what: 'the port to be left' });
  }

  test('leaves its port, but who is in already is heard, meets and finishes, and then it ends', async () => {
    const [leaves] = (await fellows.add(1)) as [Replica];
    const running = await fellows.pair([leaves, 'tcp'], [leaves, 'ws']);
    const [waits, silence] = [await fellows.ticket(), await fellows.ticket()];
    const waiting = await fellows.join(leaves, waits, 'tcp');
    await fellows.claimed(waits);
    const silent = fellows.keep(await dialTcp({ host: '127.0.0.1', port: leaves.port }));
    leaves.signal('SIGTERM');
    await untilPortIsLeft(leaves);
    assert.equal(await leaves.isReady(), false);
    const join = encodeMessage('requestRelay', { uuid: silence, licenceKey: LICENCE_KEY });
    await silent.sendRaw(encodeFrame(join));
    await fellows.claimed(silence);
    const partners = [
      await fellows.join(stays, waits, 'ws'),
      await fellows.join(stays, silence, 'tcp'),
    ] as const;
    const open: [Leg, Leg][] = [running, [waiting, partners[0]], [silent, partners[1]]];
    for (const [a, b] of open) await assertTalk(a, b);
    assert.match(leaves.output, /"message":"draining"/);
    for (const [a] of open) a.close();
    assert.equal(await leaves.finished(), 0);
    assert.doesNotMatch(leaves.output, /the time to drain is over/);
  });

  for (const kinds of [
    ['tcp', 'tcp'],
    ['ws', 'tcp'],
    ['tcp', 'ws'],
  ] as const) {
    test(`${kinds.join(' to ')}: a slow receiver gets the last byte of the last session, here or over a link`, async () => {
      const [leaves] = (await fellows.add(1)) as [Replica];
      const [from, to] = kinds;
      const pairs: [Leg, Leg][] = [
        await fellows.pair([leaves, from], [leaves, to]),
        await fellows.pair([leaves, from], [stays, to]),
        await fellows.pair([stays, from], [leaves, to]),
      ];
      leaves.signal('SIGTERM');
      await untilPortIsLeft(leaves);
      await Promise.all(
        pairs.map(async ([a, b]) => {
          const sending = sendBulk(a, BULK_BYTES).then((digest) => (a.close(), digest));
          assert.deepEqual(await receiveSlowly(b), await sending);
        }),
      );
      assert.equal(await leaves.finished(), 0);
    });
  }

  test('tells what it cut off when its time is over', async () => {
    const env = { WAYSTATION_DRAIN_SECONDS: '2' };
    const [leaves] = (await fellows.add(1, { env })) as [Replica];
    const [a, b] = await fellows.pair([leaves, 'tcp'], [leaves, 'tcp']);
    const lonely = await fellows.join(leaves, await fellows.ticket(), 'tcp');
    leaves.signal('SIGTERM');
    for (const leg of [a, b, lonely]) await leg.ended();
    assert.equal(await leaves.finished(), 0);
    const line = leaves.output.split('\n').find((one) => one.includes('the time to drain is over'));
    const { sessions, waiting, carried, unheard } = JSON.parse(line ?? '{}') as Record<
      string,
      unknown
    >;
    assert.deepEqual(
      { sessions, waiting, carried, unheard },
      { sessions: 1, waiting: 1, carried: 0, unheard: 0 },
    );
  });
});

/** Reads about 8 MiB a second, and says now and then that it is there, as clients do. */
async function receiveSlowly(leg: Leg): Promise<Digest> {
  const hash = createHash('sha256');
  let bytes = 0;
  let restedAt = 0;
  while (bytes < BULK_BYTES) {
    const payload = await leg.receive();
    if (payload === undefined) throw new Error(`ended after ${bytes} bytes`);
    hash.update(payload);
    bytes += payload.length;
    if (bytes - restedAt < 400_000) continue;
    restedAt = bytes;
    await leg.send(Buffer.from('still here'));
    await sleep(50);
  }
  return { bytes, sha256: hash.digest('hex') };
}
