import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { freePortBlock, newSigningKeys, startRedis, type RedisServer } from '@waystation/testkit';

const root = fileURLToPath(new URL('../..', import.meta.url));
const MAIN = join(root, 'services', 'cli', 'dist', 'main.js');

/** How the pages call the command; either way becomes a call of the compiled program. */
const CALLS =
  /^(npm run -s waystation --|docker compose run --rm (?:-T |-v \S+ |-v "[^"]+" )*cli) /;
/** Needs a server with a token; the tests of the command do that. */
const ELSEWHERE = / --server /;

/** Every line of the pages' examples that calls the command, in order. */
function calls(page: string): string[] {
  const text = readFileSync(join(root, 'docs', page), 'utf8');
  const blocks = [...text.matchAll(/```sh\n([^]*?)```/g)].map(([, block = '']) => block);
  return blocks.flatMap((block) => block.split('\n')).filter((line) => CALLS.test(line));
}

describe('every command in the documents works', () => {
  let folder: string;
  let redis: RedisServer;
  let ports: Record<string, string>;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'command-docs-'));
    redis = await startRedis();
    const port = await freePortBlock([-2, -1, 0, 1, 2, 3]);
    ports = { PORT: String(port), API_PORT: String(port - 2) };
    makeServer(join(folder, 'data'));
    makeUpstream(join(folder, 'old-server'));
    makeAccounts(folder, 'rustdeskapi.db');
    makeAccounts(join(folder, 'old-server'), 'rustdeskapi.db');
    run('user add bob');
  });

  after(async () => {
    await redis.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  function run(line: string): { status: number | null; output: string } {
    const data = join(folder, 'data');
    const env = { ...ports, REDIS_URL: redis.url, KEY_DIR: data, WAYSTATION_DATA_DIR: data };
    const command = `"${process.execPath}" "${MAIN}" ${line}`;
    const given = { cwd: folder, env, encoding: 'utf8' } as const;
    const { status, stdout, stderr } = spawnSync('/bin/sh', ['-c', command], given);
    return { status, output: stdout + stderr };
  }

  for (const page of ['cli.md', 'operations.md', 'migration.md']) {
    test(`docs/${page}`, () => {
      const lines = calls(page).filter((line) => !ELSEWHERE.test(line));
      assert.ok(lines.length > 1, 'the page has commands');
      for (const line of lines) {
        const words = line.replace(CALLS, '').replace('/old', 'old-server');
        // what a restore or a second back-up to the same file would refuse, as the pages say
        if (words.startsWith('restore') && !words.includes(' -'))
          rmSync(join(folder, 'data'), { recursive: true });
        if (words.startsWith('backup')) rmSync(join(folder, 'waystation.tar.gz'), { force: true });
        const { status, output } = run(words);
        assert.equal(status, 0, `${line}\n${output}`);
      }
    });
  }
});

function makeServer(folder: string): void {
  mkdirSync(folder);
  const { secretKey } = newSigningKeys();
  writeFileSync(join(folder, 'id_ed25519'), secretKey.toString('base64'), { mode: 0o600 });
}

function makeUpstream(folder: string): void {
  mkdirSync(folder);
  writeFileSync(join(folder, 'id_ed25519'), newSigningKeys().secretKey.toString('base64'));
  const database = new DatabaseSync(join(folder, 'db_v2.sqlite3'));
  database.exec(`create table peer (guid blob primary key not null, id varchar(100) not null,
    uuid blob not null, pk blob not null, created_at datetime not null default (current_timestamp),
    user blob, status tinyint, note varchar(300), info text not null) without rowid;
    insert into peer (guid, id, uuid, pk, info)
    values (randomblob(16), '123456789', randomblob(16), randomblob(32), '{}');`);
  database.close();
}

function makeAccounts(folder: string, name: string): void {
  const database = new DatabaseSync(join(folder, name));
  database.exec(`create table users (id integer primary key, username text, status integer);
    insert into users values (1, 'carol', 1);`);
  database.close();
}
