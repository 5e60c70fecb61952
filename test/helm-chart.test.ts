/*
 * The chart as Kubernetes gets it. Helm is a Go program, which the set-up does not install, and no
 * package of npm renders its templates. So two renderings are kept (test/helm/rendered), and three
 * things hold them in their place:
 *  - each carries the sum of all files of the chart: a change of a template without a new rendering fails;
 *  - where helm is installed, it renders again, and the outcome must be what is kept;
 *  - everything that matters to clients and operators is looked up in what is kept, always.
 * After a change of the chart: node test/dist/helm/write.js (helm: go install helm.sh/helm/v3/cmd/helm@latest).
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { load } from 'js-yaml';
import { componentOf, manifestsOf, ofKind, workloads, type Manifest } from './helm/manifests.js';
import { CHART, helm, origin, renderedFile, SHAPES, withoutChance } from './helm/shapes.js';

const REFUSED: readonly [readonly string[], RegExp][] = [
  [[], /public name/],
  [['host=h', 'api.replicas=2'], /api\.database: postgres/],
  [['host=h', 'api.database=postgres', 'api.databaseUrl=x', 'api.replicas=2'], /storage\.shared/],
  [['host=h', 'api.database=postgres'], /api\.databaseUrl/],
  [['host=h', 'registry.replicas=2'], /storage\.shared/],
  [['host=h', 'redis.enabled=false'], /redis\.url/],
  [['host=h', 'settings.OPS_PORT=1'], /OPS_PORT is decided by the chart/],
  [['host=h', 'relay.exposure=nodePort'], /exposure/],
  [['host=h', 'relay.replica=3'], /replica/],
];

for (const shape of ['plain', 'full'] as const) {
  describe(`the Helm chart, ${shape}`, () => {
    const kept = readFileSync(renderedFile(shape), 'utf8');

    test('what is kept was rendered from the chart as it is', () => {
      assert.equal(kept.split('\n', 1)[0], origin(shape), 'run node test/dist/helm/write.js');
    });

    test('helm renders what is kept', (context) => {
      const answer = helm(...SHAPES[shape]);
      if (answer === undefined) {
        context.skip('helm is not installed here');
        return;
      }
      assert.equal(answer.status, 0, answer.stderr);
      assert.deepEqual(manifestsOf(withoutChance(answer.stdout)), manifestsOf(kept));
    });

    test('everything has a name of its own and says whose it is', () => {
      const manifests = manifestsOf(kept);
      const names = manifests.map(({ kind, metadata }) => `${kind} ${metadata.name}`);
      assert.equal(new Set(names).size, names.length);
      for (const { metadata } of manifests) {
        assert.equal(metadata.labels?.['app.kubernetes.io/instance'], 'waystation');
        assert.notEqual(componentOf(metadata.labels), '');
      }
    });
  });
}

test('the shapes differ in what the cluster is asked for', () => {
  const components = (manifests: readonly Manifest[]): string[] =>
    workloads(manifests)
      .map(({ metadata }) => componentOf(metadata.labels))
      .sort();
  const plain = manifestsOf(readFileSync(renderedFile('plain'), 'utf8'));
  const full = manifestsOf(readFileSync(renderedFile('full'), 'utf8'));
  const always = ['api', 'prober', 'registry', 'relay', 'rendezvous'];
  assert.deepEqual(components(plain), [...always, 'redis'].sort());
  assert.deepEqual(components(full), [...always, 'cli'].sort());
  for (const kind of ['Secret', 'StatefulSet']) {
    assert.equal(ofKind(plain, kind).length, 1, kind);
    assert.equal(ofKind(full, kind).length, 0, kind);
  }
  for (const kind of ['Ingress', 'HorizontalPodAutoscaler']) {
    assert.equal(ofKind(plain, kind).length, 0, kind);
    assert.equal(ofKind(full, kind).length, 1, kind);
  }
});

test('helm refuses what cannot work, in words', (context) => {
  for (const [set, says] of REFUSED) {
    const refused = helm(...set);
    if (refused === undefined) {
      context.skip('helm is not installed here');
      return;
    }
    assert.notEqual(refused.status, 0, set.join(' '));
    assert.match(refused.stderr, says);
  }
});

test('the schema of the values knows all of them and no other', () => {
  const schema = load(readFileSync(`${CHART}/values.schema.json`, 'utf8')) as Schema;
  const values: unknown = load(readFileSync(`${CHART}/values.yaml`, 'utf8'));
  same(schema, values, 'values');

  function same(given: Schema, value: unknown, where: string): void {
    const known = given.$ref === undefined ? given : schema.definitions?.[given.$ref.slice(14)];
    if (known?.properties === undefined) return;
    const held = value as Record<string, unknown>;
    // every chart has "global", for charts that contain it
    const names = Object.keys(known.properties).filter((name) => name !== 'global');
    assert.deepEqual(names.sort(), Object.keys(held).sort(), where);
    for (const name of names) same(known.properties[name] ?? {}, held[name], `${where}.${name}`);
  }
});

interface Schema {
  readonly $ref?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly definitions?: Readonly<Record<string, Schema>>;
}
