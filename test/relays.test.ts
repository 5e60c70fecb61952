import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  closeRedis,
  keys,
  openRedis,
  redisReady,
  type EndedSession,
  type Redis,
} from '@waystation/state';
import { exchangeBulk, startStack, until, type Device, type Stack } from '@waystation/testkit';
import { Stage } from './scenarios/stage.js';

const BYTES = 256 * 1024;
/**
 * The rendezvous looks at the relays once a second. A busy machine makes a living relay silent for a while,
 * and a call slow: what is waited for are conditions.
 */
const SLOW_MS = 60_000;

describe('relays that announce themselves', () => {
  let stack: Stack;
  let redis: Redis;
  let stage: Stage;
  let device: Device;
  const endings = new AsyncDisposableStack();

  before(async () => {
    stack = await startStack({
      rendezvous: 2,
      relay: 3,
      listRelays: false,
      env: { WAYSTATION_REGION: 'home', PUNCH_PER_TARGET: '0', WAYSTATION_DRAIN_SECONDS: '90' },
    });
    endings.defer(() => stack.stop());
    redis = openRedis(stack.redis.url, 'relays-test');
    endings.defer(() => closeRedis(redis));
    await redisReady(redis);
    const [there, here] = [stack.server(0), stack.server(1)];
    stage = new Stage(stack, { callee: there, answer: here, caller: here });
    endings.defer(() => stage.clear());
    device = await stage.device();
  });

  after(() => endings.disposeAsync());

  async function session() {
    const caller = stage.caller({ forceRelay: true });
    const [mine, theirs] = await Promise.all([caller.connect(device.id), device.session()]);
    return { mine, theirs };
  }

  async function onTwoRelays() {
    const [first, second] = [await session(), await session()];
    if (first.mine.relayServer !== second.mine.relayServer) return [first, second] as const;
    for (const { mine } of [first, second]) mine.leg.close();
    return undefined;
  }

  async function relaysOf(count: number): Promise<string[]> {
    const relays: string[] = [];
    for (let i = 0; i < count; i += 1) {
      const { mine } = await session();
      relays.push(mine.relayServer);
      mine.leg.close();
    }
    return relays;
  }

  test('[P102] sessions go to all of them in turn, and each is told once with its attempt', async () => {
    const all = stage.relayAddresses.sort();
    const found = async (): Promise<boolean> => new Set(await relaysOf(3)).size === 3;
    await until(found, { timeoutMs: SLOW_MS, what: 'all three relays to be named' });
    const { mine, theirs } = await session();
    assert.ok(all.includes(mine.relayServer));
    for (const { sent, received } of await exchangeBulk(mine.leg, theirs.leg, BYTES)) {
      assert.deepEqual(received, sent);
    }
    mine.leg.close();
    const records = async (): Promise<EndedSession[]> => {
      const entries = await redis.xrange(keys.sessions, '-', '+');
      const all = entries.map(([, fields]) => JSON.parse(fields[1] ?? '') as EndedSession);
      return all.filter(({ uuid }) => uuid === mine.uuid);
    };
    await until(async () => (await records()).length > 0, { what: 'the record' });
    const [record, ...more] = await records();
    assert.ok(record);
    assert.equal(more.length, 0);
    assert.match(record.attempt, /^[0-9a-f]{16}$/);
    assert.ok(record.bytes > 2 * BYTES);
    const callee = record.legs.find(({ role }) => role === 'callee');
    const caller = record.legs.find(({ role }) => role === 'caller');
    assert.deepEqual([callee?.id, callee?.ip], [device.id, theirs.leg.local.ip]);
    assert.equal(caller?.ip, mine.leg.local.ip);
  });

  test('a relay that drains gets nobody new, and keeps who it has', async () => {
    const { mine, theirs } = await session();
    const index = stage.relayAddresses.indexOf(mine.relayServer);
    const draining = stack.relays[index];
    assert.ok(draining);
    draining.signal('SIGTERM');
    const left = async (): Promise<boolean> => {
      // A session without a byte for 30 s would end by the relay's own rule.
      await mine.leg.send(Buffer.from('and here'));
      assert.equal((await theirs.leg.receive())?.toString(), 'and here');
      return !(await relaysOf(3)).includes(mine.relayServer);
    };
    await until(left, { timeoutMs: SLOW_MS, what: 'the draining relay to be left out' });
    await mine.leg.send(Buffer.from('still here'));
    assert.equal((await theirs.leg.receive())?.toString(), 'still here');
    mine.leg.close();
    await draining.finished();
  });

  test('a relay that crashes is soon not named any more, and all others go on', async () => {
    const [first, second] = await until(onTwoRelays, {
      timeoutMs: SLOW_MS,
      what: 'sessions on two relays',
    });
    const victim = stack.relays.find(({ port }) =>
      first.mine.relayServer.endsWith(`:${String(port)}`),
    );
    assert.ok(victim);
    await stack.kill(victim);
    assert.equal(await first.mine.leg.receive(), undefined);
    await second.mine.leg.send(Buffer.from('not me'));
    assert.equal((await second.theirs.leg.receive())?.toString(), 'not me');
    const onlySecond = async (): Promise<boolean> =>
      (await relaysOf(6)).every((relay) => relay === second.mine.relayServer);
    await until(onlySecond, { timeoutMs: SLOW_MS, what: 'the dead relay to be left out' });
  });
});
