import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Health } from './health.js';
import { Metrics } from './metrics.js';
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
    health.addProbe('redis', () => {
      throw new Error('away: redis://:pw@host');
    });
    const answer = await ask('/readyz');
    assert.equal(answer.status, 503);
    assert.match(answer.body, /"redis":"away: redis:\/\/:\*\*\*@host"/);
    health.addProbe('redis', () => undefined);
    assert.equal((await ask('/readyz')).status, 200);
    health.setDraining();
    assert.match((await ask('/readyz')).body, /draining/);
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
});
