import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { keys, type RunningSession } from '@waystation/state';
import { until, type Replica } from '@waystation/testkit';
import { FellowRelays } from './testing/fellow-relays.js';

describe('news of running sessions', () => {
  let fellows: FellowRelays;
  let relay: Replica;
  before(async () => {
    fellows = await FellowRelays.start();
    [relay] = (await fellows.add(1)) as [Replica];
  });
  after(() => fellows.stop());

  async function news(): Promise<RunningSession[]> {
    const entries = await fellows.connection.xrange(keys.runningSessions, '-', '+');
    return entries.map(([, fields]) => JSON.parse(fields[1] ?? '') as RunningSession);
  }

  test('a session that lasts is told of with both sides and its bytes, under the name of its end', async () => {
    const uuid = await fellows.ticket(undefined, { callerId: 'caller', callee: 'callee' });
    const [a, b] = await fellows.pair([relay, 'tcp'], [relay, 'ws'], uuid);
    const [told] = await until(async () => {
      const found = await news();
      return found.length > 0 ? found : undefined;
    });
    assert.ok(told !== undefined && told.seen - told.started >= 2_000, JSON.stringify(told));
    assert.deepEqual([told.uuid, told.attempt], [uuid, `attempt of ${uuid}`]);
    assert.deepEqual(
      told.legs.map(({ role, id, transport }) => [role, id, transport]),
      [
        ['caller', 'caller', 'tcp'],
        ['callee', 'callee', 'ws'],
      ],
    );
    assert.ok(told.bytes > 0);
    a.close();
    await b.ended();
    const ended = await fellows.recordOf(uuid);
    assert.equal(ended.session, told.session);
    assert.ok(Math.abs(ended.started - told.started) < 1_000);
  });

  test('a short session and one of the prober make no news', async () => {
    const short = await fellows.ticket();
    const [a, b] = await fellows.pair([relay, 'tcp'], [relay, 'tcp'], short);
    a.close();
    await b.ended();
    const probed = await fellows.ticket(undefined, { isProbe: true });
    await fellows.pair([relay, 'tcp'], [relay, 'tcp'], probed);
    const lasting = await fellows.ticket();
    await fellows.pair([relay, 'tcp'], [relay, 'tcp'], lasting);
    const isTold = async (): Promise<boolean> =>
      (await news()).some(({ uuid }) => uuid === lasting);
    await until(isTold, { what: 'the news' });
    const told = (await news()).map(({ uuid }) => uuid);
    assert.ok(!told.includes(short) && !told.includes(probed), String(told));
  });
});
