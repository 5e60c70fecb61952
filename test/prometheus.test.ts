import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { after, before, describe, test } from 'node:test';
import { startStack, until, type Stack } from '@waystation/testkit';
import { Prometheus } from './monitoring/prometheus.js';
import { alertRules, namesIn, panelQueries } from './monitoring/queries.js';
import { directoryUrl } from './monitoring/series.js';

const TOKEN = 'a-token-for-whoever-collects';
const WAIT_MS = 60_000;

const isMissing = spawnSync('prometheus', ['--version']).error !== undefined;
const skip = isMissing ? 'prometheus is not installed here (Debian package prometheus)' : false;

describe('a real Prometheus with the configuration of deploy/prometheus', { skip }, () => {
  let stack: Stack;
  let prometheus: Prometheus;
  before(async () => {
    const env = { METRICS_TOKEN: TOKEN };
    stack = await startStack({ ports: 'server', rendezvous: 2, relay: 2, listRelays: false, env });
    await stack.add('api');
    await stack.add('prober', 0, { PROBE_INTERVAL: '1s', PROBE_INSIDE: '127.0.0.1' });
    prometheus = await Prometheus.start(await directoryUrl(stack), TOKEN);
  });
  after(async () => {
    await (prometheus as Prometheus | undefined)?.stop();
    await stack.stop();
  });

  const gives = async (expression: string): Promise<void> => {
    const found = async (): Promise<boolean> => (await prometheus.query(expression)).length > 0;
    await until(found, { timeoutMs: WAIT_MS, everyMs: 250, what: `a value of ${expression}` });
  };

  test('finds every replica by the list of the registry, and is let in', async () => {
    for (const { id, service } of stack.replicas)
      await gives(`up{job="waystation", service="${service}", replica="${id}"} == 1`);
  });

  test('has every series that a panel or an alert asks for', async () => {
    const expressions = [...panelQueries(), ...alertRules().map(({ expression }) => expression)];
    const names = new Set(expressions.flatMap(namesIn));
    // its own, and only while an alert waits
    names.delete('ALERTS');
    assert.ok(names.size > 30);
    for (const name of names) await gives(name);
  });

  test('understands every query of the dashboard', async () => {
    for (const query of panelQueries())
      await prometheus.query(query.replaceAll('$__rate_interval', '1m'));
  });

  test('sees at once that a relay fell, and says which', async () => {
    const [fallen] = stack.relays;
    assert.ok(fallen !== undefined);
    await stack.kill(fallen);
    const isTold = async (): Promise<boolean> =>
      (await prometheus.alerts()).some(
        ({ labels }) =>
          labels['alertname'] === 'WaystationReplicaDown' && labels['replica'] === fallen.id,
      );
    await until(isTold, { timeoutMs: WAIT_MS, everyMs: 250, what: 'the alert' });
  });
});
