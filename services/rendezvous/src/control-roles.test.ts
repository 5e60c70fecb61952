import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import {
  ControlRoles,
  Tokens,
  closeRedis,
  hashToken,
  openRedis,
  type Redis,
  type RoleBits,
} from '@waystation/state';
import { tell, until } from '@waystation/testkit';
import { CallerRoles } from './caller-roles.js';
import { Bench, expectPush, freshAddress } from './harness.test.js';

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
    const controlPermissions = { permissions: 66n };
    const asked = { id: device.id, uuid: UUID, controlPermissions };
    await tell(await bench.leg(1), 'requestRelay', { ...asked, token: ALICE });
    const push = await expectPush(device, 'requestRelay');
    assert.equal(push.controlPermissions?.permissions, NO_FILES);
    await tell(await bench.leg(1), 'requestRelay', { ...asked, token: OFF });
    assert.equal((await expectPush(device, 'requestRelay', 2)).controlPermissions, undefined);
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
