import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, afterEach, before, describe, test } from 'node:test';
import {
  ControlRoles,
  Tokens,
  closeRedis,
  hashToken,
  keys,
  openRedis,
  redisReady,
  type Redis,
  type RoleBits,
} from '@waystation/state';
import { mangleAddress } from '@waystation/wire';
import { tell, until, type Device } from '@waystation/testkit';
import { CallerRoles } from './caller-roles.js';
import { Bench, expectMessage, expectPush, freshAddress } from './testing/harness.js';

const ALICE = 'wsu_a-token-of-alice';
const BERT = 'wsu_a-token-of-bert';
const OFF = 'wsu_a-token-of-somebody-with-a-disabled-role';
const UUID = '0f8fad5b-d9cb-469f-a165-70867728950e';
/** Keyboard on, file and terminal off (api 4.4). */
const NO_FILES = 4162n;
const NOTHING_AT_ALL = 0x1555555n;
const NO_SOUND = 1n << 8n;
const ROLES: Omit<RoleBits, 'revision'> = {
  notLogged: NOTHING_AT_ALL,
  default: NO_SOUND,
  users: new Map([
    ['guid-alice', NO_FILES],
    ['guid-off', 0n],
  ]),
};

describe('control roles', { concurrency: false }, () => {
  let bench: Bench;
  let redis: Redis;
  let revision = 0;

  before(async () => {
    bench = await Bench.start(2);
    redis = openRedis(bench.stack.redis.url, 'test');
    await until(() => redis.status === 'ready');
    const logins = [
      [ALICE, 'alice'],
      [BERT, 'bert'],
      [OFF, 'off'],
    ] as const;
    for (const [token, name] of logins) {
      const owner = { user: `guid-${name}`, name };
      await new Tokens(redis).publish(hashToken(token), owner, Date.now() + 600_000);
    }
  });
  afterEach(() => bench.closing.all());
  after(async () => {
    await closeRedis(redis);
    await bench.stop();
  });

  /** What the callee is told of one who punches through replica 1; undefined when it is told nothing. */
  async function told(token: string): Promise<bigint | undefined> {
    const device = await bench.device(0);
    await bench.punch(await bench.leg(1), device.id, { token });
    return (await expectPush(device, 'punchHole')).controlPermissions?.permissions;
  }

  /** The callee answers once, so that its version is known. */
  async function answers(device: Device, version: string): Promise<void> {
    const leg = await bench.leg(1);
    await bench.punch(leg, device.id);
    const { socketAddr } = await expectPush(device, 'punchHole');
    await bench.answer(1, 'punchHoleSent', { socketAddr, id: device.id, version });
    await expectMessage(leg, 'punchHoleResponse');
  }

  /** Replica 1, through which every caller here comes, has read them at the end. */
  async function publish(roles: Omit<RoleBits, 'revision'>): Promise<void> {
    await new ControlRoles(redis).publish({ revision: String(++revision), ...roles });
    const wanted = roles.notLogged === 0n ? undefined : roles.notLogged;
    const isKnown = async (): Promise<boolean> => (await told('')) === wanted;
    await until(isKnown, { timeoutMs: 15_000, everyMs: 300, what: 'the roles to take effect' });
  }

  test('without roles the field is absent', async () => {
    assert.equal(await told(ALICE), undefined);
    assert.equal(await told(''), undefined);
  });

  test('a callee gets the bits of the role of whoever calls: his own, the default one, that of nobody', async () => {
    await publish(ROLES);
    assert.equal(await told(ALICE), NO_FILES);
    assert.equal(await told(BERT), NO_SOUND);
    assert.equal(await told('wsu_never-seen'), NOTHING_AT_ALL);
    assert.equal(await told(OFF), undefined, 'a disabled role is not made up for by another');
  });

  test('a relay request carries them too, and never what the caller has written there', async () => {
    await publish(ROLES);
    const device = await bench.device(0);
    await answers(device, '1.4.9');
    const controlPermissions = { permissions: 66n };
    const asked = { id: device.id, uuid: UUID, controlPermissions };
    await tell(await bench.leg(1), 'requestRelay', { ...asked, token: ALICE });
    const push = await expectPush(device, 'requestRelay', 2);
    assert.equal(push.controlPermissions?.permissions, NO_FILES);
    await tell(await bench.leg(1), 'requestRelay', { ...asked, token: OFF });
    assert.equal((await expectPush(device, 'requestRelay', 3)).controlPermissions, undefined);
  });

  test('a callee too old to keep to a role: its first answer is not passed on, later it is not asked', async () => {
    await publish(ROLES);
    for (const version of ['1.4.4', '1.2.3-1', '']) {
      const device = await bench.device(0);
      const leg = await bench.leg(1);
      await bench.punch(leg, device.id, { token: ALICE });
      const { socketAddr } = await expectPush(device, 'punchHole');
      await bench.answer(0, 'punchHoleSent', { socketAddr, id: device.id, version });
      const told = await expectMessage(leg, 'punchHoleResponse');
      assert.equal(told.socketAddr.length, 0);
      assert.match(told.otherFailure, /too old.*1\.4\.5.*\(old-callee [0-9a-f]{16}\)/);
      if (version === '') continue;
      const isRefused = async (): Promise<boolean> => {
        const before = device.pushes.length;
        const again = await bench.leg(1);
        await bench.punch(again, device.id, { token: ALICE });
        const heard = await again.receive(1000);
        return heard?.includes('(old-callee ') === true && device.pushes.length === before;
      };
      await until(isRefused, { timeoutMs: 15_000, what: 'the version to be known' });
      const asked = { id: device.id, uuid: UUID, token: ALICE };
      const relay = await bench.leg(1);
      await tell(relay, 'requestRelay', asked);
      assert.match((await expectMessage(relay, 'relayResponse')).refuseReason, /\(old-callee /);
      const free = await bench.leg(1);
      const count = device.pushes.length;
      await tell(free, 'requestRelay', { ...asked, token: OFF });
      await expectPush(device, 'requestRelay', count + 1);
    }
  });

  test('every way that a too old callee answers ends in words, and gives no relay ticket', async () => {
    await publish(ROLES);
    const from = freshAddress();
    const near = await bench.device(0, { from });
    const inside = await bench.leg(1, from);
    await bench.punch(inside, near.id, { token: ALICE });
    const { socketAddr } = await expectPush(near, 'fetchLocalAddr');
    const localAddr = mangleAddress({ ip: '192.168.1.2', port: 21118 }, 0);
    const local = { socketAddr, localAddr, id: near.id, version: '1.4.4' };
    await bench.answer(0, 'localAddr', local);
    assert.match((await expectMessage(inside, 'punchHoleResponse')).otherFailure, /\(old-callee /);
    const far = await bench.device(0);
    const leg = await bench.leg(1);
    await bench.punch(leg, far.id, { token: ALICE });
    const push = await expectPush(far, 'punchHole');
    const uuid = randomUUID();
    const response = { socketAddr: push.socketAddr, uuid, id: far.id, version: '1.4.4' };
    await bench.answer(0, 'relayResponse', { ...response, relayServer: 'relay.example.com' });
    // a caller that waits for a PunchHoleResponse reads no reason in a RelayResponse
    assert.match((await expectMessage(leg, 'punchHoleResponse')).otherFailure, /\(old-callee /);
    assert.equal(await redis.exists(keys.ticket(uuid)), 0);
  });

  test('a relay to a callee of unknown version waits for the next attempt, which finds it out', async () => {
    await publish(ROLES);
    const device = await bench.device(0);
    const leg = await bench.leg(1);
    await tell(leg, 'requestRelay', { id: device.id, uuid: UUID, token: ALICE });
    const { refuseReason } = await expectMessage(leg, 'relayResponse');
    assert.match(refuseReason, /try again \(unsure-callee [0-9a-f]{16}\)/);
    assert.equal(device.pushes.length, 0);
  });

  test('a callee of the same network learns of them in its own message', async () => {
    await publish(ROLES);
    const from = freshAddress();
    const device = await bench.device(0, { from });
    await bench.punch(await bench.leg(1, from), device.id, { token: ALICE });
    const push = await expectPush(device, 'fetchLocalAddr');
    assert.equal(push.controlPermissions?.permissions, NO_FILES);
  });

  test('a role that is taken away is gone from the field', async () => {
    await publish(ROLES);
    await publish({ notLogged: 0n, default: 0n, users: new Map() });
    assert.equal(await told(ALICE), undefined);
  });
});

test('OLD_CLIENTS_WITH_ROLE=connect: an old callee is reached, in a message that it understands', async (t) => {
  const bench = await Bench.start(1, { OLD_CLIENTS_WITH_ROLE: 'connect' });
  t.after(() => bench.stop());
  const redis = openRedis(bench.stack.redis.url, 'test');
  t.after(() => closeRedis(redis));
  await redisReady(redis);
  const roles = { notLogged: NO_FILES, default: NO_FILES, users: new Map() };
  await new ControlRoles(redis).publish({ revision: '1', ...roles });
  const device = await bench.device(0);
  const told = async (): Promise<bigint | undefined> => {
    const count = device.pushes.length;
    await bench.punch(await bench.leg(0), device.id);
    return (await expectPush(device, 'punchHole', count + 1)).controlPermissions?.permissions;
  };
  await until(async () => (await told()) === NO_FILES, { timeoutMs: 15_000, everyMs: 300 });
  const leg = await bench.leg(0);
  await bench.punch(leg, device.id);
  const { socketAddr } = await expectPush(device, 'punchHole', device.pushes.length + 1);
  await bench.answer(0, 'punchHoleSent', { socketAddr, id: device.id, version: '1.2.3' });
  assert.notEqual((await expectMessage(leg, 'punchHoleResponse')).socketAddr.length, 0);
  const count = device.pushes.length;
  await tell(await bench.leg(0), 'requestRelay', { id: device.id, uuid: UUID });
  const push = await expectPush(device, 'requestRelay', count + 1);
  assert.equal(push.controlPermissions, undefined, 'it would drop the message');
});

test('roles that Redis has lost, or that it cannot tell now, go on to count', async () => {
  const answers: (() => Promise<string>)[] = [
    () => Promise.resolve('1'),
    () => Promise.resolve(''),
    () => Promise.reject(new Error('away')),
  ];
  let looks = 0;
  let failures = 0;
  const revision = (): Promise<string> => answers[Math.min(looks++, 2)]?.() ?? Promise.resolve('');
  const read = (): Promise<RoleBits> => Promise.resolve({ revision: '1', ...ROLES });
  const roles = new CallerRoles({ revision, read }, () => (failures += 1));
  await roles.start();
  try {
    await until(() => failures > 0, { timeoutMs: 15_000, what: 'a look that fails' });
    assert.equal(roles.permissionsOf('guid-alice'), NO_FILES);
    assert.equal(roles.permissionsOf('guid-bert'), NO_SOUND);
    assert.equal(roles.permissionsOf(undefined), NOTHING_AT_ALL);
    assert.equal(roles.dependOnLogin, true);
  } finally {
    roles.stop();
  }
});
