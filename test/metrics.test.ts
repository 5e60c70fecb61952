import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { Caller, Device, until, type Replica, type Stack } from '@waystation/testkit';
import { metricsPage } from './monitoring/page.js';
import { directoryUrl, seriesOf, startWholeStack, targets } from './monitoring/series.js';

const WAIT_MS = 15_000;
const TOKEN = 'a-token-for-whoever-collects';

/** Every series of a text of metrics: name and labels, without the value. */
function seriesIn(text: string): Set<string> {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Set(lines.map((line) => line.slice(0, line.lastIndexOf(' '))));
}

async function scrape(stack: Stack): Promise<Set<string>> {
  const all = new Set<string>();
  for (const { targets: addresses, labels } of await targets(stack)) {
    for (const address of addresses) {
      const answer = await fetch(`http://${address}/metrics`);
      assert.equal(answer.status, 200, address);
      for (const one of seriesIn(await answer.text())) all.add(`${labels.replica} ${one}`);
    }
  }
  return all;
}

describe('the metrics of a whole stack', () => {
  let stack: Stack;
  before(async () => {
    stack = await startWholeStack({ rendezvous: 2, relay: 2 });
  });
  after(() => stack.stop());

  const listed = async (): Promise<string[]> =>
    (await targets(stack)).map(({ labels }) => labels.replica).sort();
  const ids = (replicas: readonly Replica[]): string[] => replicas.map(({ id }) => id).sort();

  test('docs/metrics.md lists them all', async () => {
    const page = readFileSync(new URL('../../docs/metrics.md', import.meta.url), 'utf8');
    const isTrue = page === metricsPage(await seriesOf(stack));
    assert.ok(isTrue, 'out of date: run npm run generate');
  });

  test('are named after their service, and no label can hold a device', async () => {
    for (const { service, series } of await seriesOf(stack)) {
      const prefix = new RegExp(`^(${service}|ops|process|nodejs)_[a-z0-9_]+$`);
      for (const { name, type, help, labels } of series) {
        assert.match(name, prefix);
        assert.ok(help.length > 5, name);
        if (type === 'counter') assert.match(name, /_total$/);
        for (const label of labels) assert.doesNotMatch(label, /^(id|ip|peer|uuid|address|user)$/);
      }
    }
  });

  test('are found by one list of all replicas', async () => {
    await until(async () => (await targets(stack)).length === stack.replicas.length, {
      timeoutMs: WAIT_MS,
      what: 'all replicas in the list',
    });
    assert.deepEqual(await listed(), ids(stack.replicas));
    const all = await scrape(stack);
    for (const { id } of stack.replicas) assert.ok(all.has(`${id} ops_redis_up`), id);
  });

  test('are as many for a large fleet as for a small one', async (t) => {
    const connect = async (count: number): Promise<void> => {
      for (let at = 0; at < count; at++) {
        const server = stack.server(at % 2);
        const device = new Device({ server, key: stack.key });
        t.after(() => device.stop());
        await device.start();
        const caller = new Caller({ server, key: stack.key, forceRelay: true });
        t.after(() => caller.stop());
        const [mine, theirs] = await Promise.all([caller.connect(device.id), device.session()]);
        mine.leg.close();
        await theirs.leg.ended();
      }
    };
    await connect(4);
    const small = await scrape(stack);
    await connect(16);
    const large = await scrape(stack);
    // what a garbage collection or an open handle shows depends on the moment, not on the fleet
    const grown = [...large].filter((one) => !small.has(one) && !/ nodejs_(gc|active)_/.test(one));
    assert.deepEqual(grown, []);
  });

  test('show a replica that fell as one that does not answer, and forget one that ended', async () => {
    const [fallen, ended] = stack.relays;
    assert.ok(fallen !== undefined && ended !== undefined);
    await stack.kill(fallen);
    ended.signal('SIGTERM');
    await ended.finished();
    const rest = stack.replicas.filter((replica) => replica !== ended);
    assert.deepEqual(await listed(), ids(rest));
  });

  test('keep their list while Redis is away: the page is an error', async (t) => {
    stack.redis.pause();
    t.after(() => stack.redis.resume());
    const answer = await fetch(await directoryUrl(stack));
    assert.equal(answer.status, 500);
  });
});

test('nobody reads metrics or the list without METRICS_TOKEN where one is set', async (t) => {
  const stack = await startWholeStack({}, { METRICS_TOKEN: TOKEN });
  t.after(() => stack.stop());
  const url = await directoryUrl(stack);
  assert.equal((await fetch(url)).status, 401);
  const headers = { authorization: `Bearer ${TOKEN}` };
  const answer = await fetch(url, { headers });
  const list = (await answer.json()) as { targets: string[] }[];
  for (const { targets: addresses } of list) {
    const metrics = `http://${String(addresses[0])}/metrics`;
    assert.equal((await fetch(metrics)).status, 401);
    assert.equal((await fetch(metrics, { headers })).status, 200);
  }
});
