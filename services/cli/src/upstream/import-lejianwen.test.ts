import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, test } from 'node:test';
import { runCli } from '../testing/run-cli.js';

let folder: string;
let database: DatabaseSync;

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'cli-lejianwen-'));
  database = new DatabaseSync(join(folder, 'rustdeskapi.db'));
  database.exec(`pragma journal_mode = wal;
    create table users (id integer primary key, username text, email text, password text,
      nickname text, group_id integer, is_admin numeric, status integer, remark text);
    create table peers (row_id integer primary key, id text, uuid text, user_id integer,
      last_online_time integer);
    insert into users values (1, 'ann', 'a@example.org', 'x', 'Ann', 1, 1, 1, ''),
      (2, 'admin', '', 'x', '', 1, 1, 1, '');
    insert into peers values (1, '123456789', 'dXVpZA==', 1, 9223372036854775807);`);
});

after(() => {
  database.close();
  rmSync(folder, { recursive: true, force: true });
});

function cli(...words: string[]) {
  return runCli(words, { WAYSTATION_DATA_DIR: join(folder, 'data') }, folder);
}

test('a database that is in use comes over, after a look at it', async () => {
  const names = readdirSync(folder);
  const look = await cli('import', 'lejianwen', 'rustdeskapi.db');
  assert.equal(look.code, 0, look.err);
  assert.match(look.out, /users +2 +1 +1\n/);
  assert.match(look.out, /peers +1 +1 +0\n/);
  assert.match(look.out, /users "admin": the api gives this name/);
  assert.match(look.out, /Administrators there: ann\. They need --admins/);
  assert.match(look.out, /Passwords are not taken over[^]*Nothing was changed/);
  assert.deepEqual(
    readdirSync(folder).filter((name) => name !== 'data'),
    names,
  );
  assert.doesNotMatch((await cli('user', 'list')).out, /ann/);
  const done = await cli('import', 'lejianwen', 'rustdeskapi.db', '--apply');
  assert.equal(done.code, 0, done.err);
  assert.match((await cli('user', 'list')).out, /ann +user +enabled +a@example.org/);
  const again = await cli('import', 'lejianwen', 'rustdeskapi.db', '--apply');
  assert.match(again.out, /users +2 +0 +2\n/);
});

test('a file that is no such database is refused', async () => {
  writeFileSync(
    join(folder, 'text'),
    'no database, but long enough to be read as one\n'.repeat(99),
  );
  assert.match((await cli('import', 'lejianwen', 'text')).err, /cannot be read/);
  assert.match((await cli('import', 'lejianwen', 'nowhere')).err, /cannot be read/);
});
