import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { verifyPassword } from '../accounts/password.js';
import { connectStore, openStore, type Store } from '../store/open-store.js';
import { migrateTo } from '../store/migrate.js';
import { UserStore } from '../store/user-store.js';
import { onEveryDatabase, type TestDatabase } from '../testing/databases.js';
import { writeDump } from './dump.js';
import { loadDump } from './load.js';
import { countRows, insertRows, tablesInOrder, type StoreKind } from './tables.js';
import { changeUsers } from './users.js';

const log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

const kindOf = ({ kind }: TestDatabase): StoreKind => (kind === 'SQLite' ? 'sqlite' : 'postgresql');

async function dumpOf(db: Store, kind: StoreKind): Promise<string[]> {
  let text = '';
  await writeDump(db, kind, async (piece) => {
    text += piece;
  });
  return text.trimEnd().split('\n');
}

/** Rows and their fields in one order: databases and old tables have their own. */
function sorted(lines: readonly string[]): string[] {
  const plain = lines.map((line) => {
    const [kind, ...rest] = JSON.parse(line) as [string, string | object, object?];
    const fields = rest.map((part) =>
      typeof part === 'object' ? Object.entries(part).sort() : part,
    );
    return JSON.stringify([kind, ...fields]);
  });
  return plain.sort();
}

async function* each(lines: readonly string[]): AsyncGenerator<string> {
  yield* lines;
}

/** Users in groups with address books, more of them than one page or batch holds. */
async function fill(db: Store): Promise<void> {
  const group = {
    guid: randomUUID(),
    name: 'Büro "1"',
    name_key: 'büro',
    note: "it's\n",
    created_at: 1,
  };
  await db.insertInto('user_groups').values(group).execute();
  const users = new UserStore(db);
  await db.transaction().execute(async (trx) => {
    for (let count = 0; count < 1203; count++) {
      const user = { name: `user ${count} ✓`, passwordHash: null, groupGuid: group.guid };
      await new UserStore(trx).create(user);
    }
  });
  const owner = await users.byName('user 7 ✓');
  const book = { guid: randomUUID(), owner_guid: owner?.guid ?? '', personal: 1 as const };
  const rest = { name: 'mine', note: '', password: '', created_at: Number.MAX_SAFE_INTEGER };
  await db
    .insertInto('address_books')
    .values({ ...book, ...rest })
    .execute();
  await db
    .insertInto('book_tags')
    .values({ book_guid: book.guid, name: 'red', color: 0xffff0000 })
    .execute();
}

/** The database, until the test is over. */
function destroyed(t: TestContext, db: Store): Store {
  t.after(() => db.destroy());
  return db;
}

onEveryDatabase('the database without its api', (database) => {
  const kind = kindOf(database);

  test('a dump loads into an empty database, which then dumps the same', async (t) => {
    const from = destroyed(t, await openStore(await database.fresh(), log));
    await fill(from);
    const lines = await dumpOf(from, kind);
    const to = destroyed(t, connectStore(await database.fresh(), log));
    const counts = await loadDump(to, kind, each(lines), false);
    assert.equal(counts['users'], 1203);
    assert.deepEqual(sorted(await dumpOf(to, kind)), sorted(lines));
  });

  test('writers go on during a dump, which has the database of one moment', async (t) => {
    const config = await database.fresh();
    const db = destroyed(t, await openStore(config, log));
    await fill(db);
    const writer = destroyed(t, connectStore(config, log));
    let text = '';
    await writeDump(db, kind, async (piece) => {
      text += piece;
      const user = { name: `late ${randomUUID()}`, passwordHash: null };
      if (text.includes('"row"')) await new UserStore(writer).create(user);
    });
    assert.doesNotMatch(text, /"late /);
    assert.ok((await countRows(db, 'users')) > 1203);
  });

  test('a database with rows is overwritten only by force, and then entirely', async (t) => {
    const from = destroyed(t, await openStore(await database.fresh(), log));
    await new UserStore(from).create({ name: 'theirs', passwordHash: null });
    const lines = await dumpOf(from, kind);
    const to = destroyed(t, await openStore(await database.fresh(), log));
    await fill(to);
    await assert.rejects(loadDump(to, kind, each(lines), false), /not empty.*--force/);
    assert.equal(await countRows(to, 'users'), 1203);
    await loadDump(to, kind, each(lines), true);
    assert.deepEqual(sorted(await dumpOf(to, kind)), sorted(lines));
  });

  test('accounts move from the embedded database to this one', async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'api-move-'));
    t.after(() => rmSync(folder, { recursive: true }));
    const small = { dataDir: folder, databaseUrl: '', databaseConnections: 1 };
    const from = destroyed(t, await openStore(small, log));
    await fill(from);
    const lines = await dumpOf(from, 'sqlite');
    const to = destroyed(t, connectStore(await database.fresh(), log));
    await loadDump(to, kind, each(lines), false);
    assert.deepEqual(sorted(await dumpOf(to, kind)), sorted(lines));
  });

  test('what is damaged, cut off or of a newer release is refused and changes nothing', async (t) => {
    const from = destroyed(t, await openStore(await database.fresh(), log));
    await fill(from);
    const lines = await dumpOf(from, kind);
    const to = destroyed(t, await openStore(await database.fresh(), log));
    await new UserStore(to).create({ name: 'ours', passwordHash: null });
    const header = (fields: object): string => JSON.stringify(['dump', fields]);
    const faults: [RegExp, string[]][] = [
      [/no dump/, ['["row","users",{}]']],
      [/damaged/, ['{}']],
      [/newer release/, [header({ format: 1, migrations: ['9999-future'] })]],
      [/format 1, not 2/, [header({ format: 2, migrations: [] })]],
      [/cut off/, lines.slice(0, -1)],
      [/has not \d+ rows/, lines.toSpliced(-2, 1)],
      [/does not fit/, lines.toSpliced(1, 0, '["row","nobody",{}]')],
      [/does not fit/, lines.toSpliced(-1, 0, '["row","users",{"guid":"x"}]')],
    ];
    for (const [words, given] of faults) {
      await assert.rejects(loadDump(to, kind, each(given), true), words);
      assert.ok(await new UserStore(to).byName('ours'), String(words));
    }
  });

  test('a dump of an earlier schema is loaded as it was and brought up to date', async (t) => {
    const from = destroyed(t, connectStore(await database.fresh(), log));
    await migrateTo(from, '0002-devices');
    // by hand: code knows today's columns only
    const early = { guid: 'g', name: 'early', name_key: 'early', note: '', created_at: 1 };
    await insertRows(from, 'user_groups', [early]);
    const lines = await dumpOf(from, kind);
    const to = destroyed(t, await openStore(await database.fresh(), log));
    await loadDump(to, kind, each(lines), false);
    assert.equal(await countRows(to, 'user_groups'), 1);
    assert.ok((await tablesInOrder(to, kind)).has('audit_conns'));
  });

  test('users are added, get passwords, are shut out and let in without an api', async (t) => {
    const db = destroyed(t, connectStore(await database.fresh(), log));
    const users = new UserStore(db);
    const fields = { op: 'add', name: 'root', password: 'long enough', is_admin: true };
    await changeUsers(db, fields);
    await assert.rejects(changeUsers(db, fields), /of this name/);
    await assert.rejects(
      changeUsers(db, { ...fields, name: 'b', password: 'short' }),
      /characters/,
    );
    await changeUsers(db, { op: 'passwd', name: 'ROOT', password: 'another one' });
    const root = await users.byName('root');
    assert.ok(await verifyPassword('another one', root?.password_hash ?? null));
    await assert.rejects(changeUsers(db, { op: 'disable', name: 'root' }), /only administrator/);
    await changeUsers(db, { ...fields, name: 'second' });
    await changeUsers(db, { op: 'disable', name: 'root' });
    assert.deepEqual(await changeUsers(db, { op: 'list' }), {
      users: [
        { name: 'root', email: '', is_admin: true, status: 0 },
        { name: 'second', email: '', is_admin: true, status: 1 },
      ],
    });
    await assert.rejects(changeUsers(db, { op: 'passwd', name: 'nobody' }), /no user "nobody"/);
  });
});
