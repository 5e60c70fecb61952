// Who reaches what in the chart; see helm-chart.test.ts for where the renderings come from.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { componentOf, manifestsOf, ofKind, selects, workloads } from './helm/manifests.js';
import type { Manifest, PolicyManifest, ServiceManifest, Workload } from './helm/manifests.js';
import { renderedFile } from './helm/shapes.js';

const OWN = {
  podSelector: {
    matchLabels: {
      'app.kubernetes.io/name': 'waystation',
      'app.kubernetes.io/instance': 'waystation',
    },
  },
};
const PROMETHEUS = {
  namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } },
};

interface Backend {
  readonly path: string;
  readonly pathType: string;
  readonly backend: {
    readonly service: { readonly name: string; readonly port: { readonly name: string } };
  };
}

interface IngressManifest extends Manifest {
  readonly spec: {
    readonly rules: readonly [
      { readonly host: string; readonly http: { readonly paths: readonly Backend[] } },
    ];
  };
}

for (const shape of ['plain', 'full'] as const) {
  const manifests = manifestsOf(readFileSync(renderedFile(shape), 'utf8'));
  const services = ofKind<ServiceManifest>(manifests, 'Service');
  const all = workloads(manifests);
  const behind = (selector: Readonly<Record<string, string>>): Workload[] =>
    all.filter(({ spec }) => selects(selector, spec.template.metadata.labels));

  describe(`network of the Helm chart, ${shape}`, () => {
    test('each service leads to the ports of one kind of pod', () => {
      assert.equal(services.length, shape === 'plain' ? 5 : 4);
      for (const { metadata, spec } of services) {
        const [pods, ...others] = behind(spec.selector);
        assert.deepEqual(others, [], metadata.name);
        assert.equal(componentOf(pods?.metadata.labels), componentOf(metadata.labels));
        const open = pods?.spec.template.spec.containers.flatMap(({ ports = [] }) => ports) ?? [];
        for (const { port, targetPort, protocol = 'TCP' } of spec.ports) {
          const target = open.find(({ name }) => name === targetPort);
          // clients are told no port, and UDP must come and go by the same one
          assert.equal(target?.containerPort, port, `${metadata.name} ${targetPort}`);
          assert.equal(target.protocol ?? 'TCP', protocol);
        }
      }
    });

    test('whatever is open to the world keeps the addresses of clients', () => {
      const types = Object.fromEntries(
        services.map(({ metadata, spec }) => [componentOf(metadata.labels), spec.type ?? '-']),
      );
      assert.deepEqual(
        types,
        shape === 'plain'
          ? {
              api: 'LoadBalancer',
              relay: 'ClusterIP',
              rendezvous: 'ClusterIP',
              redis: '-',
              registry: '-',
            }
          : { api: 'ClusterIP', relay: 'LoadBalancer', rendezvous: 'LoadBalancer', registry: '-' },
      );
      for (const { spec } of services) {
        const isOpen = spec.type === 'LoadBalancer';
        assert.equal(spec.externalTrafficPolicy, isOpen ? 'Local' : undefined);
        assert.equal(spec.ipFamilyPolicy, shape === 'full' ? 'PreferDualStack' : undefined);
      }
    });

    test('pods are let in where clients are, figures are for Prometheus, Redis is for our own', () => {
      const policies = ofKind<PolicyManifest>(manifests, 'NetworkPolicy');
      for (const workload of all) {
        const { labels } = workload.spec.template.metadata;
        const component = componentOf(labels);
        const mine = policies.filter(({ spec }) => selects(spec.podSelector.matchLabels, labels));
        assert.equal(mine.length, component === 'cli' ? 0 : 1, component);
        for (const { ports = [] } of workload.spec.template.spec.containers)
          for (const { name, containerPort, protocol = 'TCP' } of ports) {
            const rules = mine
              .flatMap(({ spec }) => spec.ingress)
              .filter((rule) =>
                rule.ports.some((one) => one.port === containerPort && one.protocol === protocol),
              );
            const from = { ops: [PROMETHEUS], link: [OWN], redis: [OWN] }[name];
            assert.deepEqual(
              rules.map((rule) => rule.from),
              [from],
              `${component} ${name}`,
            );
          }
      }
    });

    test('what refers to another thing refers to one that is there', () => {
      const named = new Set(services.map(({ metadata }) => metadata.name));
      const [ingress] = ofKind<IngressManifest>(manifests, 'Ingress');
      const paths = ingress?.spec.rules[0].http.paths ?? [];
      const routes = paths.map(({ path, backend: { service } }) => {
        const target = services.find(({ metadata }) => metadata.name === service.name);
        return [path, target?.spec.ports.find(({ name }) => name === service.port.name)?.port];
      });
      const wanted = [
        ['/ws/id', 21118],
        ['/ws/relay', 21119],
        ['/', 21114],
      ];
      assert.deepEqual(routes, shape === 'full' ? wanted : []);
      for (const { spec } of all)
        for (const { env = [] } of spec.template.spec.containers)
          for (const { name, value } of env) {
            const text = String(value);
            if (name === 'PROBE_INSIDE')
              for (const one of text.split(',')) assert.ok(named.has(one));
            if (name === 'HTTP_PROXY_TARGET') assert.ok(named.has(new URL(text).hostname));
          }
    });
  });
}
