import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { dialTcp, until } from '@waystation/testkit';
import type { Leg, Replica } from '@waystation/testkit';
import { encodeFrame, encodeMessage } from '@waystation/wire';
import { FellowRelays, LICENCE_KEY } from './testing/fellow-relays.js';

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
