import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { alertRules, dashboard, namesIn, panelQueries } from './monitoring/queries.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const file = (name: string): string => readFileSync(`${root}/${name}`, 'utf8');

/** The series that Prometheus has of us: histograms show themselves as three; two are its own. */
function knownNames(): Set<string> {
  const rows = file('docs/metrics.md').matchAll(/^\| `([a-z0-9_]+)` \| (\w+) /gm);
  const names = [...rows].flatMap(([, name = '', type]) =>
    type === 'histogram' ? ['bucket', 'sum', 'count'].map((part) => `${name}_${part}`) : [name],
  );
  assert.ok(names.length > 50);
  return new Set(['up', 'ALERTS', ...names]);
}

/** The headings of a page, without their numbers. */
function headings(page: string): string[] {
  const found = file(page).matchAll(/^##+ (?:\d+\. )?(.*)$/gm);
  return [...found].map(([, heading = '']) => heading);
}

const promtool = (...args: string[]) =>
  spawnSync('promtool', args, { cwd: `${root}/deploy/prometheus`, encoding: 'utf8' });

describe('what Prometheus and Grafana are given', () => {
  const rules = alertRules();

  test('asks only for metrics that docs/metrics.md lists', () => {
    const known = knownNames();
    const queries = panelQueries();
    assert.ok(queries.length > 25 && rules.length > 10);
    for (const expression of [...queries, ...rules.map((rule) => rule.expression)]) {
      const names = namesIn(expression);
      assert.ok(names.length > 0, expression);
      for (const name of names) assert.ok(known.has(name), `${name} in ${expression}`);
    }
  });

  test('the dashboard answers four questions, in panels that do not overlap', () => {
    assert.equal(dashboard.uid, 'waystation');
    const rows = dashboard.panels.filter(({ type }) => type === 'row');
    assert.equal(rows.length, 4);
    for (const { title } of rows) assert.ok(title.endsWith('?'), title);
    const ids = dashboard.panels.map(({ id }) => id);
    assert.equal(new Set(ids).size, ids.length);
    const taken = new Set<string>();
    for (const { title, gridPos } of dashboard.panels) {
      assert.ok(gridPos.x + gridPos.w <= 24, title);
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          assert.ok(!taken.has(`${String(x)} ${String(y)}`), `${title} overlaps`);
          taken.add(`${String(x)} ${String(y)}`);
        }
      }
    }
  });

  test('every panel explains itself, when it is empty as well', () => {
    for (const { type, title, description, targets, fieldConfig } of dashboard.panels) {
      if (type === 'row') continue;
      assert.ok((description ?? '').length > 10, title);
      const { noValue, color } = fieldConfig?.defaults ?? {};
      // Grafana writes "No data" there, as it does when a query is wrong
      if (targets?.some(({ expr }) => / > 0$/.test(expr))) assert.ok(noValue, title);
      // Grafana's own thresholds show a figure above 80 in red, whatever it counts
      if (type === 'stat') assert.ok(color, title);
    }
  });

  test('Grafana reads this dashboard from this Prometheus', () => {
    assert.match(file('deploy/grafana/provisioning/datasources/prometheus.yml'), /uid: waystation/);
    const folder = '/etc/waystation/dashboards';
    assert.ok(file('deploy/grafana/provisioning/dashboards/waystation.yml').includes(folder));
    assert.ok(file('docker-compose.yml').includes(`./deploy/grafana/dashboards:${folder}:ro`));
    assert.ok(file('docker-compose.yml').includes(`${folder}/waystation.json`));
  });

  test('every alert names the page and the section that say what to do', () => {
    const listed: string[] = [];
    for (const { name, help } of rules) {
      const [, page = '', section = ''] = /^(docs\/\w+\.md), "(.+)"$/.exec(help) ?? [];
      const isThere = headings(page).some((heading) => heading.startsWith(section));
      assert.ok(isThere, `${name}: ${help}`);
      if (section === 'Alerts') listed.push(name);
    }
    const rows = file('docs/operations.md').matchAll(/^\| `(Waystation\w+)` \|/gm);
    assert.deepEqual([...rows].map(([, name]) => name).sort(), listed.sort());
  });

  test('promtool accepts the configuration and the rules, and lets every alert fire', (context) => {
    for (const { name } of rules) {
      const fires = `alertname="${name}"`;
      assert.ok(file('deploy/prometheus/rules.test.yml').includes(fires), `${name} has no test`);
    }
    if (promtool('--version').error !== undefined) {
      context.skip('promtool is not installed here (Debian package prometheus)');
      return;
    }
    for (const args of [
      ['check', 'config', '--syntax-only', 'prometheus.yml'],
      ['check', 'rules', 'rules.yml'],
      ['test', 'rules', 'rules.test.yml'],
    ]) {
      const { status, stdout, stderr } = promtool(...args);
      assert.equal(status, 0, `${args.join(' ')}: ${stdout}${stderr}`);
    }
  });
});
