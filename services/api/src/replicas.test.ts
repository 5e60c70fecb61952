import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { freePort, startRedis, until } from '@waystation/testkit';
import { ApiProcess } from './testing/api-process.js';
import { findPostgres, startPostgres } from './testing/postgres-server.js';

const ANNOUNCED = /First administrator: admin, password (\S+)/;
const REPLICAS = 3;
const MINUTE_MS = 60_000;

const folder = findPostgres();
const skip = folder === undefined ? 'PostgreSQL is not installed (package postgresql)' : false;

/** Requests that a replica has answered, by its own figures. */
async function served({ opsPort }: ApiProcess): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${opsPort}/metrics`)).text();
  const counts = [...text.matchAll(/^api_requests_total\{[^}]*\} (\d+)$/gm)];
  return counts.reduce((sum, [, count]) => sum + Number(count), 0);
}

void describe('replicas of the api on one port and one PostgreSQL', { skip }, () => {
  let replicas: ApiProcess[] = [];
  const endings = new AsyncDisposableStack();
  before(async () => {
    const redis = await startRedis();
    endings.defer(() => redis.stop());
    const postgres = await startPostgres(folder ?? '');
    endings.defer(() => postgres.stop());
    const port = await freePort();
    const env = {
      DATABASE_URL: await postgres.createDatabase(),
      DATA_KEY: 'one key for all replicas',
      DATABASE_CONNECTIONS: '4',
    };
    replicas = Array.from({ length: REPLICAS }, () => new ApiProcess(redis.url, port, env));
    for (const replica of replicas) endings.defer(() => replica.remove());
    // all at once on an empty database: one makes the schema, the others wait for it
    await Promise.all(replicas.map((replica) => replica.start()));
  });
  after(() => endings.disposeAsync());

  async function signIn(): Promise<string> {
    const password = replicas.map(({ output }) => ANNOUNCED.exec(output)?.[1]).find(Boolean);
    const body = { username: 'admin', password, type: 'account', id: '1', uuid: 'x' };
    const { json } = await first().caller.post('/api/login', body);
    return String((json as { access_token: unknown }).access_token);
  }

  function first(): ApiProcess {
    const [replica] = replicas;
    if (replica === undefined) throw new Error('no replica');
    return replica;
  }

  it('make one schema and one first administrator however they start', () => {
    const announced = replicas.filter(({ output }) => ANNOUNCED.test(output));
    assert.equal(announced.length, 1);
  });

  it('know each other by one login, from its beginning to its end', async () => {
    const caller = first().callerWith(await signIn());
    const before = await Promise.all(replicas.map(served));
    await until(
      async () => {
        assert.equal((await caller.post('/api/currentUser')).status, 200);
        const now = await Promise.all(replicas.map(served));
        return now.every((count, index) => count > (before[index] ?? 0));
      },
      { what: 'every replica to answer with this login', timeoutMs: 30_000 },
    );
    assert.equal((await caller.post('/api/logout')).status, 200);
    for (let times = 0; times < 4 * REPLICAS; times++) {
      assert.equal((await caller.post('/api/currentUser')).status, 401);
    }
  });

  it('count guesses together', { timeout: 90_000 }, async () => {
    // the count is of the running minute, which must not end in between
    await until(() => Date.now() % MINUTE_MS < MINUTE_MS / 2, {
      what: 'the first half of a minute',
      timeoutMs: 45_000,
    });
    const guess = { username: 'admin', password: 'guess', type: 'account', id: '', uuid: '' };
    const answers = await Promise.all(
      Array.from({ length: 24 }, () => first().caller.post('/api/login', guess)),
    );
    const looked = answers.filter(({ text }) => text.includes('Wrong credentials'));
    assert.equal(looked.length, 6);
    const rest = answers.filter(({ text }) => text.includes('Too many failed logins'));
    assert.equal(rest.length, 18);
  });

  it('go on when one of them is killed', async () => {
    const victim = replicas.at(-1);
    const caller = first().caller;
    await victim?.kill();
    for (let times = 0; times < 10; times++) {
      assert.equal((await caller.get('/api/login-options')).status, 200);
    }
  });
});
