import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { type Store, openStore } from '../store/open-store.js';
import { UserStore } from '../store/user-store.js';
import { Vault } from '../store/vault.js';
import { onEveryDatabase } from '../testing/databases.js';
import { takeOver } from './takeover.js';

const quiet = () => undefined;
const log = { debug: quiet, info: quiet, warn: quiet, error: quiet };
const vault = new Vault('a key for this test');

/** Two users in a shared group, one whose name is here, one whose name cannot be. */
const tables = {
  groups: [
    { id: 1, name: 'Default', type: 1 },
    { id: 2, name: 'Support', type: 2 },
  ],
  device_groups: [{ id: 4, name: 'Shop' }],
  users: [
    { id: 1, username: 'ann', is_admin: 1, status: 1, group_id: 2, password: '$2a$10$x' },
    { id: 2, username: 'ben', is_admin: 0, status: 2, group_id: 2, created_at: '2024-05-06' },
    { id: 3, username: 'Here', is_admin: 1, status: 1, group_id: 1 },
    { id: 4, username: 'a/b', is_admin: 1, status: 1, group_id: 1 },
    'no row at all',
  ],
  address_book_collections: [
    { id: 7, user_id: 1, name: 'Team' },
    { id: 8, user_id: 3, name: 'Lost' },
  ],
  address_book_collection_rules: [
    { id: 1, collection_id: 7, rule: 2, type: 2, to_id: 2 },
    { id: 2, collection_id: 7, rule: 1, type: 1, to_id: 3 },
    { id: 3, collection_id: 7, rule: 9, type: 1, to_id: 2 },
  ],
  tags: [{ id: 1, user_id: 1, collection_id: 7, name: 'red', color: 0xffff0000 }],
  address_books: [
    { id: '111', user_id: 1, collection_id: 7, password: 'shared one', tags: '["red"]' },
    { id: '222', user_id: 2, collection_id: 0, hash: 'a hash', tags: 'broken\0', alias: 'x\0' },
    { id: '222', user_id: 2, collection_id: 0, hash: 'again' },
    { id: '', user_id: 2, collection_id: 0 },
    { id: '333', user_id: 3, collection_id: 8 },
  ],
  peers: [
    { id: '111', uuid: 'dXVpZA==', user_id: 1, group_id: 4, hostname: 'till', last_online_time: 9 },
    { id: '111', uuid: 'b3RoZXI=', user_id: 2, group_id: 0 },
    { id: '444', uuid: '', user_id: 1, group_id: 0 },
  ],
};

const TABLES = ['users', 'user_groups', 'address_books', 'book_peers', 'devices'] as const;

async function rowsHere(db: Store): Promise<unknown> {
  return Promise.all(TABLES.map((table) => db.selectFrom(table).selectAll().execute()));
}

onEveryDatabase('taking another server over', (database) => {
  async function start(t: TestContext): Promise<Store> {
    const db = await openStore(await database.fresh(), log);
    t.after(() => db.destroy());
    await new UserStore(db).create({ name: 'here', passwordHash: null });
    return db;
  }

  test('without apply all is counted and nothing changes', async (t) => {
    const db = await start(t);
    const before = await rowsHere(db);
    const { tables: done } = await takeOver(db, vault, { tables });
    assert.deepEqual(await rowsHere(db), before);
    for (const [name, { read, taken, skipped }] of Object.entries(done)) {
      assert.equal(read, tables[name as keyof typeof tables].length);
      assert.equal(read, taken + skipped.length, name);
    }
    const counts = Object.values(done).map(({ taken }) => taken);
    assert.deepEqual(counts, [1, 1, 2, 1, 1, 1, 2, 1]);
    assert.match(done['users']?.skipped[0]?.reason ?? '', /is here already/);
  });

  test('with apply it is there, and a second time changes nothing', async (t) => {
    const db = await start(t);
    const request = { tables, apply: true };
    assert.deepEqual((await takeOver(db, vault, request)).administrators, ['ann']);
    const ann = await new UserStore(db).byName('ann');
    const ben = await new UserStore(db).byName('ben');
    assert.deepEqual([ann?.is_admin, ann?.password_hash, ann?.status], [0, null, 1]);
    assert.deepEqual([ben?.status, ben?.created_at], [0, Date.parse('2024-05-06')]);
    assert.ok(ann?.group_guid === ben?.group_guid && ann?.group_guid !== null);
    const entries = await db.selectFrom('book_peers').selectAll().orderBy('id').execute();
    const secrets = entries.map(({ password, hash }) => [vault.open(password), vault.open(hash)]);
    assert.deepEqual(secrets, [
      ['shared one', ''],
      ['', 'a hash'],
    ]);
    assert.deepEqual([entries[0]?.tags, entries[1]?.alias], ['["red"]', 'x']);
    const device = await db.selectFrom('devices').selectAll().executeTakeFirstOrThrow();
    assert.deepEqual([device.owner_guid, device.last_seen_at], [ann?.guid, 9000]);
    const rule = await db.selectFrom('book_rules').selectAll().executeTakeFirstOrThrow();
    assert.deepEqual([rule.target_guid, rule.right], [ann?.group_guid, 2]);
    const after = await rowsHere(db);
    const again = await takeOver(db, vault, request);
    assert.ok(Object.values(again.tables).every(({ taken }) => taken === 0));
    assert.deepEqual(await rowsHere(db), after);
  });

  test('administrators stay so only when that is asked for', async (t) => {
    const db = await start(t);
    await takeOver(db, vault, { tables, apply: true, admins: true });
    assert.equal((await new UserStore(db).byName('ann'))?.is_admin, 1);
    assert.equal((await new UserStore(db).byName('here'))?.is_admin, 0);
  });
});
