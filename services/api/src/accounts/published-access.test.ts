import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, it } from 'node:test';
import { createLog } from '@waystation/ops';
import { AccessRules, ControlRoles, closeRedis, openRedis, redisReady } from '@waystation/state';
import type { Redis } from '@waystation/state';
import { type RedisServer, startRedis, until } from '@waystation/testkit';
import { AccessSnapshotStore } from '../store/access-snapshot-store.js';
import { ControlRoleStore } from '../store/control-role-store.js';
import { type Store, openStore } from '../store/open-store.js';
import { UserStore } from '../store/user-store.js';
import { onEveryDatabase } from '../testing/databases.js';
import { PublishedAccess } from './published-access.js';
import { PublishedRoles } from './published-roles.js';

const log = createLog('test', 'error');
const SETTINGS = { accessRules: true, adminsAccessAll: true, unassignedDevices: 'allow' } as const;

onEveryDatabase('access as the rendezvous knows it', (database) => {
  let server: RedisServer;
  let redis: Redis;
  before(async () => {
    server = await startRedis();
    redis = openRedis(server.url, 'test');
    await redisReady(redis);
  });
  after(async () => {
    await closeRedis(redis);
    await server.stop();
  });

  /** The guid of a new user. */
  async function addUser(store: Store): Promise<string> {
    const user = await new UserStore(store).create({ name: randomUUID(), passwordHash: null });
    assert.ok(user);
    return user.guid;
  }

  async function countOf(store: Store): Promise<number> {
    const row = store.selectFrom('access_changes').select('count').where('id', '=', 1);
    return (await row.executeTakeFirstOrThrow()).count;
  }

  /** An api on this database comes to publish this user, and is stopped. */
  async function publishes(store: Store, user: string): Promise<void> {
    const roles = new PublishedRoles(new ControlRoleStore(store), new ControlRoles(redis));
    const rules = new AccessRules(redis);
    const snapshot = new AccessSnapshotStore(store);
    const published = new PublishedAccess(snapshot, rules, roles, SETTINGS, log);
    published.onModuleInit();
    try {
      const knows = async (): Promise<boolean> =>
        (await rules.find(user, '1').catch(() => undefined))?.user !== undefined;
      await until(knows, { timeoutMs: 15_000, what: 'the user to be published' });
    } finally {
      await published.onModuleDestroy();
    }
  }

  it('is that of a database put in the place of another, at the same number of changes', async (t) => {
    const [old, other] = [await database.fresh(), await database.fresh()];
    const [first, second] = [await openStore(old, log), await openStore(other, log)];
    t.after(() => Promise.all([first.destroy(), second.destroy()]));
    const [anna, bert] = [await addUser(first), await addUser(second)];
    assert.equal(await countOf(first), await countOf(second));
    await publishes(first, anna);
    await publishes(second, bert);
    const { user } = await new AccessRules(redis).find(anna, '1');
    assert.equal(user, undefined, 'nobody of the other database is left');
  });

  it('is that of a restored database that has come to the same number in another way', async (t) => {
    const store = await openStore(await database.fresh(), log);
    t.after(() => store.destroy());
    const lost = await addUser(store);
    const count = await countOf(store);
    await publishes(store, lost);
    // as a copy of the file from before that user, to which another one was added since
    await store.deleteFrom('users').execute();
    const added = await addUser(store);
    await store.updateTable('access_changes').set({ count }).where('id', '=', 1).execute();
    await publishes(store, added);
    assert.equal((await new AccessRules(redis).find(lost, '1')).user, undefined);
  });

  it('has a mark from the beginning, and another one after every change', async (t) => {
    const store = await openStore(await database.fresh(), log);
    t.after(() => store.destroy());
    const [access, roles] = [new AccessSnapshotStore(store), new ControlRoleStore(store)];
    const before = [await access.revision(), await roles.revision()];
    for (const one of before) assert.match(one, /^\d+ [0-9a-f-]{32,36}$/);
    const user = await addUser(store);
    const role = await roles.create({ name: 'x', applies_to: null, permissions: '{}' });
    await roles.assign(role ?? '', [user]);
    const now = [await access.revision(), await roles.revision()];
    assert.notEqual(now[0], before[0]);
    assert.notEqual(now[1], before[1]);
    await roles.assign(null, [user]);
    assert.notEqual(await roles.revision(), now[1]);
    assert.equal(await access.revision(), now[0], 'a role decides nothing about access');
  });
});
