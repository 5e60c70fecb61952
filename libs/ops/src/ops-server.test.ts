import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { Health } from './health.js';
import { Metrics } from './metrics.js';
import { Pages } from './pages.js';
import { type OpsServer, startOpsServer } from './ops-server.js';

describe('the ops server', () => {
  const health = new Health();
  const metrics = new Metrics();
  let server: OpsServer;
  before(async () => {
    server = await startOpsServer({ host: '127.0.0.1', port: 0, health, metrics });
  });
  after(() => server.close());

  const ask = async (path: string, method = 'GET') => {
    const response = await fetch(`http://127.0.0.1:${server.port}${path}`, { method });
    return { status: response.status, body: await response.text() };
  };

  test('is live from the start, ready when started and no probe complains', async () => {
    assert.equal((await ask('/healthz')).status, 200);
    assert.equal((await ask('/readyz')).status, 503);
    health.setStarted();
    assert.deepEqual(await ask('/readyz'), { status: 200, body: '{"ready":true,"faults":{}}' });
    const away = (): never => {
      throw new Error('away: redis://:pw@host');
    };
    health.addProbe('redis', away);
    const answer = await ask('/readyz');
    assert.equal(answer.status, 503);
    assert.match(answer.body, /"redis":"away: redis:\/\/:\*\*\*@host"/);
    assert.equal((await ask('/serving')).status, 503);
    health.addProbe('redis', away, { shared: true });
    assert.equal((await ask('/readyz')).status, 503, 'no new work without Redis');
    assert.equal((await ask('/serving')).status, 200, 'but its clients stay');
    health.addProbe('redis', () => undefined);
    assert.equal((await ask('/readyz')).status, 200);
    health.setDraining();
    assert.match((await ask('/readyz')).body, /draining/);
    assert.match((await ask('/serving')).body, /draining/);
    assert.equal((await ask('/healthz')).status, 200);
  });

  test('shows counters that are read when asked for', async () => {
    let bytes = 5;
    metrics.counterOf('relay_bytes_total', 'Bytes', () => bytes);
    metrics.countersOf('relay_ends_total', 'Ends', ['reason'], () => [
      { labels: { reason: 'idle' }, value: 2 },
    ]);
    metrics.counter('relay_legs_total', 'Legs', ['kind']).inc({ kind: 'tcp' });
    assert.match((await ask('/metrics')).body, /^relay_bytes_total 5$/m);
    bytes = 7;
    const { body } = await ask('/metrics');
    assert.match(body, /^relay_bytes_total 7$/m);
    assert.match(body, /^relay_ends_total\{reason="idle"\} 2$/m);
    assert.match(body, /^relay_legs_total\{kind="tcp"\} 1$/m);
  });

  test('knows no other page and only GET', async () => {
    assert.equal((await ask('/')).status, 404);
    assert.equal((await ask('/metrics', 'POST')).status, 405);
  });

  test('says of every metric what it is, also before it has a value', async () => {
    metrics.counter('relay_late_total', 'Late ones', ['reason']);
    const series = JSON.parse((await ask('/series')).body) as unknown[];
    const late = { name: 'relay_late_total', type: 'counter', help: 'Late ones' };
    assert.ok(series.some((one) => isDeepStrictEqual(one, { ...late, labels: ['reason'] })));
  });

  test('shows what a service adds, and nothing but health without the token', async () => {
    const pages = new Pages();
    pages.add('/own', () => Promise.resolve({ mine: 1 }));
    const token = 'a-token-of-some-length';
    const place = { host: '127.0.0.1', port: 0 };
    const guarded = await startOpsServer({ ...place, health, metrics, pages, token });
    const get = (path: string, authorization = '') =>
      fetch(`http://127.0.0.1:${guarded.port}${path}`, { headers: { authorization } });
    for (const path of ['/metrics', '/series', '/own', '/other']) {
      assert.equal((await get(path)).status, 401, path);
      assert.equal((await get(path, 'Bearer wrong')).status, 401, path);
    }
    assert.equal((await get('/healthz')).status, 200);
    assert.deepEqual(await (await get('/own', `Bearer ${token}`)).json(), { mine: 1 });
    assert.equal((await get('/metrics', `Bearer ${token}`)).status, 200);
    await guarded.close();
  });
});
