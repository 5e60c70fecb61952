import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import {
  AccessRules,
  SwitchGrants,
  Tokens,
  closeRedis,
  hashToken,
  keys,
  openRedis,
  switchVerifier,
  type Redis,
} from '@waystation/state';
import { secureTcp, tell, until, type Leg } from '@waystation/testkit';
import { Bench, expectMessage, expectPush, freshAddress } from './testing/harness.js';

const TOKEN = 'wsu_a-token-of-alice';
const ALICE = { user: 'guid-alice', name: 'alice' };
const UUID = '0f8fad5b-d9cb-469f-a165-70867728950e';

/** A bench with the state that the api writes. */
async function startBench(env: Record<string, string>, replicas = 1): Promise<[Bench, Redis]> {
  const bench = await Bench.start(replicas, env);
  const redis = openRedis(bench.stack.redis.url, 'test');
  await until(() => redis.status === 'ready');
  await new Tokens(redis).publish(hashToken(TOKEN), ALICE, Date.now() + 600_000);
  return [bench, redis];
}

async function refusalOf(bench: Bench, id: string, more: object): Promise<string> {
  const leg = await bench.leg(0);
  await bench.punch(leg, id, more);
  const { otherFailure, socketAddr } = await expectMessage(leg, 'punchHoleResponse');
  assert.equal(socketAddr.length, 0);
  return otherFailure;
}

async function relayRefusal(leg: Leg, id: string, more: object): Promise<string> {
  await tell(leg, 'requestRelay', { id, uuid: UUID, ...more });
  return (await expectMessage(leg, 'relayResponse')).refuseReason;
}

async function recordsOf(redis: Redis, kind: string): Promise<Record<string, unknown>[]> {
  const entries = await redis.xrange(keys.attempts, '-', '+');
  const all = entries.map(([, fields]) => JSON.parse(fields[1] ?? '') as Record<string, unknown>);
  return all.filter((record) => record['kind'] === kind);
}

describe('a login is required, two replicas', { concurrency: false }, () => {
  let bench: Bench;
  let redis: Redis;
  before(async () => {
    [bench, redis] = await startBench({ MUST_LOGIN: 'required' }, 2);
  });
  afterEach(() => bench.closing.all());
  after(async () => {
    await closeRedis(redis);
    await bench.stop();
  });

  test('[A97] [P80] without a login, and with one that is over, the caller reads why, what and which attempt', async () => {
    const device = await bench.device(0);
    const anonymous = await refusalOf(bench, device.id, {});
    assert.match(anonymous, /log in.*not allowed.*\(login-required [0-9a-f]{16}\)/);
    const over = await refusalOf(bench, device.id, { token: 'wsu_wrong' });
    assert.match(over, /log in again.*\(login-over [0-9a-f]{16}\)/);
    assert.match(await refusalOf(bench, 'nobody-has-it', {}), /login-required/);
    assert.equal(device.pushes.length, 0);
    const id = /login-required ([0-9a-f]+)/.exec(anonymous)?.[1];
    const record = await until(
      async () => (await recordsOf(redis, 'attempt')).find(({ attempt }) => attempt === id),
      { what: 'the record of the attempt' },
    );
    assert.deepEqual([record['outcome'], record['callee']], ['login-required', device.id]);
  });

  test('[A97] who is logged in passes; a log-out takes effect within 5 s', async () => {
    const device = await bench.device(0);
    const token = 'wsu_short-lived';
    const tokens = new Tokens(redis);
    await tokens.publish(hashToken(token), ALICE, Date.now() + 600_000);
    const leg = await bench.leg(1);
    await bench.punch(leg, device.id, { token });
    await expectPush(device, 'punchHole');
    await tokens.revoke([hashToken(token)]);
    const loggedOut = async (): Promise<boolean> => {
      const other = await bench.leg(1);
      await bench.punch(other, 'nobody-has-it', { token });
      return (await expectMessage(other, 'punchHoleResponse')).otherFailure.includes('login-over');
    };
    await until(loggedOut, { timeoutMs: 7000, everyMs: 500, what: 'the log-out to take effect' });
  });

  test('[A97] [P99] RequestRelay needs the login too, and a punch request from there that was let through', async () => {
    const device = await bench.device(0);
    const from = freshAddress();
    const early = await bench.leg(1, from);
    assert.match(await relayRefusal(early, device.id, {}), /login-required/);
    assert.match(await relayRefusal(early, device.id, { token: TOKEN }), /no-grant/);
    const leg = await bench.leg(0, from);
    await bench.punch(leg, device.id, { token: TOKEN });
    await expectPush(device, 'punchHole');
    // The grant goes to Redis beside the push: the relay request may reach another replica.
    await until(async () => (await redis.keys('relay-grant:*')).length > 0);
    const later = await bench.leg(1, from);
    await tell(later, 'requestRelay', { id: device.id, uuid: UUID, token: TOKEN });
    await expectPush(device, 'requestRelay', 2);
    const stranger = await bench.leg(1);
    assert.match(await relayRefusal(stranger, device.id, { token: TOKEN }), /no-grant/);
    const anonymous = await bench.leg(1, from);
    assert.match(await relayRefusal(anonymous, device.id, {}), /login-required/);
    const over = await bench.leg(1, from);
    assert.match(await relayRefusal(over, device.id, { token: 'wsu_wrong' }), /login-over/);
  });

  test('a switch code opens its device once, for one source, its repeats and its relay request', async () => {
    const device = await bench.device(0);
    const other = await bench.device(0);
    const switchCode = 'yBLh7bZEF9YJDc+68WwhzY6GZcBDluHttHL+z7J5fGo=';
    await new SwitchGrants(redis).add(device.id, switchVerifier(switchCode));
    assert.match(await refusalOf(bench, other.id, { switchCode }), /login-required/);
    assert.match(await refusalOf(bench, device.id, { switchCode: 'wrong' }), /login-required/);
    const from = freshAddress();
    const leg = await bench.leg(0, from);
    await bench.punch(leg, device.id, { switchCode });
    await expectPush(device, 'punchHole');
    assert.match(await refusalOf(bench, device.id, { switchCode }), /login-required/);
    const again = await bench.leg(1, from);
    await bench.punch(again, device.id, { switchCode });
    await expectPush(device, 'punchHole', 2);
    const relay = await bench.leg(1, from);
    await tell(relay, 'requestRelay', { id: device.id, uuid: UUID, switchCode });
    const push = await expectPush(device, 'requestRelay', 3);
    assert.equal(push.switchCode, '');
  });

  test('with Redis away nobody passes unchecked, and the text lets the client try again', async () => {
    const device = await bench.device(0);
    bench.stack.redis.pause();
    try {
      const leg = await bench.leg(0);
      await bench.punch(leg, device.id, { token: 'wsu_never-seen' });
      const { otherFailure } = await expectMessage(leg, 'punchHoleResponse', 8000);
      assert.match(otherFailure, /wait a moment \(state-away/);
    } finally {
      bench.stack.redis.resume();
    }
    assert.equal(device.pushes.length, 0);
  });
});

test('[A99] a switch code opens no device whose owner is shut out, and is not used up by trying', async (t) => {
  const [bench, redis] = await startBench({ ACCESS_RULES: 'Y', MUST_LOGIN: 'required' });
  t.after(async () => {
    await closeRedis(redis);
    await bench.stop();
  });
  const device = await bench.device(0);
  const publish = async (isOut: boolean): Promise<void> => {
    const owned = { owner: 'guid-bert', ownerGroup: '', isOut, group: '' };
    const devices = new Map([[device.id, owned]]);
    const list = { unassigned: true, users: new Map(), devices };
    await new AccessRules(redis).publish({ revision: String(isOut), ...list });
  };
  await publish(true);
  const switchCode = 'yBLh7bZEF9YJDc+68WwhzY6GZcBDluHttHL+z7J5fGo=';
  await new SwitchGrants(redis).add(device.id, switchVerifier(switchCode), 120_000);
  for (const token of ['', TOKEN, 'wsu_wrong']) {
    assert.match(await refusalOf(bench, device.id, { switchCode, token }), /no-access/, token);
    const relay = await relayRefusal(await bench.leg(0), device.id, { switchCode, token });
    assert.match(relay, /no-access/, token);
  }
  assert.match(await refusalOf(bench, device.id, {}), /login-required/);
  assert.equal(device.pushes.length, 0);
  await publish(false);
  assert.match(await refusalOf(bench, device.id, {}), /login-required/);
  const passes = async (): Promise<boolean> => {
    await bench.punch(await bench.leg(0, '127.88.1.1'), device.id, { switchCode });
    return device.pushes.length > 0;
  };
  // an answer of the rules counts for 2 s
  await until(passes, { timeoutMs: 15_000, everyMs: 500, what: 'the owner to be back' });
});

test('MUST_LOGIN=optional: no login passes, one that is over does not', async () => {
  const [bench, redis] = await startBench({ MUST_LOGIN: 'optional' });
  try {
    const device = await bench.device(0);
    await bench.punch(await bench.leg(0), device.id);
    await expectPush(device, 'punchHole');
    await bench.punch(await bench.leg(0), device.id, { token: TOKEN });
    await expectPush(device, 'punchHole', 2);
    assert.match(await refusalOf(bench, device.id, { token: 'wsu_wrong' }), /login-over/);
  } finally {
    await closeRedis(redis);
    await bench.stop();
  }
});

test('off, a token that nobody knows changes nothing and asks for no feedback', async () => {
  const [bench, redis] = await startBench({});
  try {
    const device = await bench.device(0);
    const leg = await bench.leg(0);
    await bench.punch(leg, device.id, { token: TOKEN });
    const { socketAddr } = await expectPush(device, 'punchHole');
    await bench.answer(0, 'punchHoleSent', { socketAddr, id: device.id, version: '1.4.9' });
    assert.equal((await expectMessage(leg, 'punchHoleResponse')).feedback, 0);
    const record = await until(async () => (await recordsOf(redis, 'attempt'))[0]);
    const steps = (record['steps'] as [string, number][]).map(([name]) => name);
    assert.deepEqual(steps, ['found', 'pushed', 'punchHoleSent']);
    assert.deepEqual([record['outcome'], record['user']], ['direct', '']);
  } finally {
    await closeRedis(redis);
    await bench.stop();
  }
});

describe('sessions that callers show', { concurrency: false }, () => {
  let bench: Bench;
  let redis: Redis;
  before(async () => {
    const env = { SESSION_TRACKING: 'Y', SIGNAL_IDLE: '1s', WS_HEARTBEAT: '300ms' };
    [bench, redis] = await startBench(env, 2);
  });
  afterEach(() => bench.closing.all());
  after(async () => {
    await closeRedis(redis);
    await bench.stop();
  });

  test('a session is recorded from its beginning to its end, with the attempt it came from', async () => {
    const device = await bench.device(0);
    const from = freshAddress();
    const leg = await bench.leg(0, from);
    await bench.punch(leg, device.id, { token: TOKEN });
    const { socketAddr } = await expectPush(device, 'punchHole');
    await bench.answer(1, 'punchHoleSent', { socketAddr, id: device.id, version: '1.4.9' });
    assert.notEqual((await expectMessage(leg, 'punchHoleResponse')).feedback, 0);
    await until(async () => (await redis.keys('expected-session:*')).length > 0);
    const hc = await bench.leg(1, from);
    assert.ok(await secureTcp(hc, Buffer.from(bench.key, 'base64')));
    await tell(hc, 'hc', { token: TOKEN });
    assert.ok((await expectMessage(hc, 'registerPkResponse')).keepAlive > 0);
    // Far longer than the idle limit: heartbeats and their echoes keep it.
    for (let beat = 0; beat < 6; beat++) {
      assert.equal((await hc.receive(5000))?.length, 0);
      await hc.send(Buffer.alloc(0));
    }
    const live = 'rendezvous_live_sessions';
    assert.equal(await bench.stack.rendezvous[1]?.metric(live), 1);
    hc.close();
    const ended = await until(async () => (await recordsOf(redis, 'session-ended'))[0]);
    const [attempt] = await recordsOf(redis, 'attempt');
    assert.equal(ended['attempt'], attempt?.['attempt']);
    assert.equal(attempt?.['userName'], 'alice');
    assert.deepEqual([ended['user'], ended['callerIp']], [ALICE.user, from]);
    assert.ok(Number(ended['lastedMs']) >= 1000);
    assert.equal((await recordsOf(redis, 'session-began')).length, 1);
  });

  test('an unknown token, and a plain connection, are hung up on', async () => {
    const wrong = await bench.leg(0, freshAddress(), 'ws');
    await tell(wrong, 'hc', { token: 'wsu_wrong' });
    assert.equal(await wrong.receive(5000), undefined);
    const plain = await bench.leg(0);
    await tell(plain, 'hc', { token: TOKEN });
    assert.equal(await plain.receive(5000), undefined);
  });

  test('on WebSocket a session is shown as well; who is not logged in is asked for nothing', async () => {
    const hc = await bench.leg(0, freshAddress(), 'ws');
    await tell(hc, 'hc', { token: TOKEN });
    assert.ok((await expectMessage(hc, 'registerPkResponse')).keepAlive > 0);
    const device = await bench.device(0);
    const leg = await bench.leg(0);
    await bench.punch(leg, device.id);
    const { socketAddr } = await expectPush(device, 'punchHole');
    await bench.answer(0, 'punchHoleSent', { socketAddr, id: device.id, version: '1.4.9' });
    assert.equal((await expectMessage(leg, 'punchHoleResponse')).feedback, 0);
  });
});
