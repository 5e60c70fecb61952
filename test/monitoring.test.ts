import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const file = (name: string): string => readFileSync(`${root}/${name}`, 'utf8');

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly gridPos: Readonly<Record<'x' | 'y' | 'w' | 'h', number>>;
  readonly targets?: readonly { readonly expr: string }[];
}

const dashboard = JSON.parse(file('deploy/grafana/dashboards/waystation.json')) as {
  readonly uid: string;
  readonly title: string;
  readonly panels: readonly Panel[];
};
const rules = file('deploy/prometheus/rules.yml');

/** The series that Prometheus has of us: histograms show themselves as three, and `up` is its own. */
function knownNames(): Set<string> {
  const rows = file('docs/metrics.md').matchAll(/^\| `([a-z0-9_]+)` \| (\w+) /gm);
  const names = [...rows].flatMap(([, name = '', type]) =>
    type === 'histogram' ? ['bucket', 'sum', 'count'].map((part) => `${name}_${part}`) : [name],
  );
  assert.ok(names.length > 50);
  return new Set(['up', ...names]);
}

/** Names of metrics in an expression: words that are no function, label or value. */
function namesIn(expression: string): string[] {
  const bare = expression
    .replace(/"[^"]*"/g, '')
    .replace(/\{[^}]*\}/g, '')
    .replace(/\[[^\]]*\]/g, '')
    .replace(/\b(by|without|on|ignoring)\s*\([^)]*\)/g, '')
    .replace(/\boffset\s+\w+/g, '');
  const words = bare.match(/[a-z_][a-z0-9_]*\b(?!\s*\()/g) ?? [];
  return words.filter((word) => !['and', 'or', 'unless', 'bool', 'by'].includes(word));
}

function ruleExpressions(): string[] {
  const blocks = rules.matchAll(/^ {8}expr: (?:>-\n((?: {10}.*\n)+)|(.*)\n)/gm);
  return [...blocks].map(([, folded, line]) => folded ?? line ?? '');
}

const promtool = (...args: string[]) =>
  spawnSync('promtool', args, { cwd: `${root}/deploy/prometheus`, encoding: 'utf8' });

describe('what Prometheus and Grafana are given', () => {
  test('asks only for metrics that docs/metrics.md lists', () => {
    const known = knownNames();
    const queries = dashboard.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
    const expressions = ruleExpressions();
    assert.ok(queries.length > 25 && expressions.length > 10);
    for (const expression of [...queries, ...expressions]) {
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

  test('Grafana reads this dashboard from this Prometheus', () => {
    assert.match(file('deploy/grafana/provisioning/datasources/prometheus.yml'), /uid: waystation/);
    const folder = '/etc/waystation/dashboards';
    assert.ok(file('deploy/grafana/provisioning/dashboards/waystation.yml').includes(folder));
    assert.ok(file('docker-compose.yml').includes(`./deploy/grafana/dashboards:${folder}:ro`));
    assert.ok(file('docker-compose.yml').includes(`${folder}/waystation.json`));
  });

  test('promtool accepts the configuration and the rules, which alert when they should', (context) => {
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
