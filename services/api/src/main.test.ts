import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { type RedisServer, startRedis } from '@waystation/testkit';
import { ApiProcess } from './testing/api-process.js';
import type { Caller } from './testing/caller.js';
import { onEveryDatabase } from './testing/databases.js';

const ANNOUNCED = /First administrator: admin, password (\S+)/;

async function signIn(api: ApiProcess, password: string): Promise<Caller> {
  const body = { username: 'admin', password, type: 'account', id: '', uuid: '' };
  const { json } = await api.caller.post('/api/login', body);
  return api.callerWith(String((json as { access_token: unknown }).access_token));
}

onEveryDatabase('the api as a process', (database) => {
  let redis: RedisServer;
  let api: ApiProcess;
  const endings = new AsyncDisposableStack();
  before(async () => {
    redis = await startRedis();
    endings.defer(() => redis.stop());
    api = await ApiProcess.make(redis.url, { DATABASE_URL: (await database.fresh()).databaseUrl });
    endings.defer(() => api.remove());
  });
  after(() => endings.disposeAsync());

  it('loses nothing that it has acknowledged when it is killed, and announces one admin', async () => {
    await api.start();
    const password = ANNOUNCED.exec(api.output)?.[1] ?? '';
    const admin = await signIn(api, password);
    const { guid } = (await admin.post('/api/ab/personal')).json as { guid: string };
    const acknowledged: string[] = [];
    const write = async (): Promise<void> => {
      for (let number = 0; ; number++) {
        const id = String(number);
        const { status } = await admin.post(`/api/ab/peer/add/${guid}`, { id, alias: 'x' });
        if (status === 200) acknowledged.push(id);
        if (number === 40) void api.kill();
      }
    };
    await assert.rejects(write());
    assert.ok(acknowledged.length > 40);
    await api.kill();
    await api.start();
    assert.doesNotMatch(api.output, ANNOUNCED);
    assert.match(api.output, /still has the password that was printed/);
    const again = await signIn(api, password);
    const { json } = await again.post(`/api/ab/peers?pageSize=1000&ab=${guid}`);
    const stored = new Set((json as { data: { id: string }[] }).data.map(({ id }) => id));
    assert.deepEqual(
      acknowledged.filter((id) => !stored.has(id)),
      [],
    );
    assert.equal((await admin.post('/api/currentUser')).status, 200, 'the old token lives on');
    await api.stop();
    assert.ok(!api.output.includes(password), 'nothing but the announcement tells the password');
  });

  it('shares its port with a second replica, ends in order, and is ready only in between', async (t) => {
    await api.start();
    const second = new ApiProcess(redis.url, api.port, api.env);
    t.after(() => second.remove());
    await second.start();
    for (const port of [api.opsPort, second.opsPort]) {
      const ready = await fetch(`http://127.0.0.1:${port}/readyz`);
      assert.equal(ready.status, 200);
      const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
      assert.match(metrics, /process_cpu_seconds_total/);
      assert.match(metrics, /api_request_duration_seconds_bucket/);
    }
    await second.stop();
    assert.match(second.output, /ended/);
    for (let times = 0; times < 10; times++) {
      assert.equal((await api.caller.get('/healthz')).status, 200);
    }
  });
});
