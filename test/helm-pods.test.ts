// What the pods of the chart are allowed and told; see helm-chart.test.ts for where the renderings come from.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { apiSettings, readConfig, relaySettings, rendezvousSettings } from '@waystation/config';
import { serviceSettings } from '@waystation/config';
import { componentOf, manifestsOf, ofKind, workloads } from './helm/manifests.js';
import type { Container, ContainerPort, Workload } from './helm/manifests.js';
import { renderedFile } from './helm/shapes.js';

const read = { argv: [], env: {}, cwd: '/nonexistent' };
const p = readConfig(rendezvousSettings, read).port;
const q = readConfig(relaySettings, read).port;
/** What clients reach, by service (protocol 1). */
const PUBLIC: Readonly<Record<string, readonly string[]>> = {
  rendezvous: [`${p}/UDP`, ...[p - 1, p, p + 2].map((port) => `${port}/TCP`)],
  relay: [q, q + 2].map((port) => `${port}/TCP`),
  api: [`${readConfig(apiSettings, read).port}/TCP`],
};
/** They keep their clients while Redis is away: all replicas would be left at once. */
const SERVING = new Set(['rendezvous', 'relay']);
/** What stands for the secrets of the cluster, which no rendering shows. */
const SECRETS: Readonly<Record<string, string>> = {
  'redis-url': 'redis://:pw@waystation-redis:6379',
  'metrics-token': '0123456789abcdef',
  'data-key': '0123456789abcdef0123456789abcdef01234567',
  'database-url': 'postgres://u:p@db/waystation',
};

const place = ({ containerPort, protocol = 'TCP' }: ContainerPort): string =>
  `${containerPort}/${protocol}`;

/** The environment as the kubelet makes it. */
function environment({ env = [] }: Container): Record<string, string> {
  const made: Record<string, string> = { POD_IP: '10.1.2.3' };
  for (const { name, value, valueFrom } of env) {
    if (name === 'POD_IP') continue;
    assert.ok(value === undefined || typeof value === 'string', `${name} is text`);
    const given = value ?? SECRETS[valueFrom?.secretKeyRef?.key ?? ''] ?? '';
    made[name] = given.replaceAll('$(POD_IP)', made['POD_IP'] ?? '');
  }
  return made;
}

/** The first and only container of each workload of our own. */
function ours(all: readonly Workload[]): [string, Container][] {
  return all.flatMap(({ metadata, spec }) => {
    const component = componentOf(metadata.labels);
    return component === 'redis'
      ? []
      : spec.template.spec.containers.map((each): [string, Container] => [component, each]);
  });
}

for (const shape of ['plain', 'full'] as const) {
  const manifests = manifestsOf(readFileSync(renderedFile(shape), 'utf8'));
  const all = workloads(manifests);
  const services = ours(all).filter(([component]) => component !== 'cli');

  describe(`pods of the Helm chart, ${shape}`, () => {
    test('they open the ports that clients know, on the node only where that is asked for', () => {
      for (const [component, { ports = [] }] of services) {
        const inner = component === 'relay' ? ['ops', 'link'] : ['ops'];
        const open = ports.filter(({ name }) => !inner.includes(name));
        assert.deepEqual(open.map(place).sort(), [...(PUBLIC[component] ?? [])].sort(), component);
        const isOnNode = shape === 'plain' && SERVING.has(component);
        for (const { name, containerPort, hostPort } of ports)
          assert.equal(hostPort, isOnNode && !inner.includes(name) ? containerPort : undefined);
      }
    });

    test('they are probed at their ops port, each for what it must be able to do', () => {
      for (const [component, container] of services) {
        const { startupProbe, readinessProbe, livenessProbe, ports = [] } = container;
        const ready = SERVING.has(component) ? '/serving' : '/readyz';
        const paths = [startupProbe, readinessProbe, livenessProbe].map(
          (one) => one?.httpGet?.path,
        );
        assert.deepEqual(paths, ['/readyz', ready, '/healthz'], component);
        for (const one of [startupProbe, readinessProbe, livenessProbe])
          assert.equal(one?.httpGet?.port, 'ops');
        const ops = ports.find(({ name }) => name === 'ops');
        assert.equal(environment(container)['OPS_PORT'], String(ops?.containerPort));
      }
    });

    test('they are told nothing that their service does not understand', () => {
      for (const [component, container] of ours(all)) {
        const names = (container.env ?? []).map(({ name }) => name);
        assert.equal(new Set(names).size, names.length, 'each name once');
        for (const declared of serviceSettings) {
          if (component !== 'cli' && declared.service !== component) continue;
          readConfig(declared, { argv: [], env: environment(container), cwd: '/nonexistent' });
        }
      }
    });

    test('a relay has the time to drain, and leaves the lists of addresses first', () => {
      for (const { metadata, spec } of all.filter((one) =>
        SERVING.has(componentOf(one.metadata.labels)),
      )) {
        const [container] = spec.template.spec.containers;
        assert.ok(container);
        assert.match(JSON.stringify(container.lifecycle), /"preStop".*\["sleep","5"\]/);
        const env = environment(container);
        const { stopTimeoutMs } = readConfig(rendezvousSettings, read);
        const isRelay = componentOf(metadata.labels) === 'relay';
        const { drainMs } = readConfig(relaySettings, { ...read, env });
        const needMs = 5_000 + (isRelay ? drainMs : 0) + stopTimeoutMs;
        const graceMs = (spec.template.spec.terminationGracePeriodSeconds ?? 0) * 1000;
        assert.ok(graceMs > needMs, `${graceMs} ms for ${needMs} ms`);
      }
    });

    test('they are nobody special and take no more than their share', () => {
      for (const { metadata, spec } of all) {
        const pod = spec.template.spec;
        assert.equal(pod.automountServiceAccountToken, false);
        // WAYSTATION_API_PORT and the like would be read as settings
        assert.equal(pod.enableServiceLinks, false);
        assert.equal(pod.securityContext?.['runAsNonRoot'], true, metadata.name);
        assert.deepEqual(pod.securityContext?.['seccompProfile'], { type: 'RuntimeDefault' });
        for (const { securityContext, resources, volumeMounts = [] } of pod.containers) {
          assert.deepEqual(securityContext, {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ['ALL'] },
          });
          assert.ok(resources?.requests?.['cpu'] && resources.requests['memory']);
          assert.ok(resources.limits?.['memory']);
          const volumes = new Set((pod.volumes ?? []).map(({ name }) => name)).add('data');
          for (const { name } of volumeMounts) assert.ok(volumes.has(name), name);
        }
      }
    });

    test('a volume that belongs to one pod is never asked for by two', () => {
      const claims = ofKind(manifests, 'PersistentVolumeClaim');
      for (const { metadata, spec } of claims) {
        assert.equal(metadata.annotations?.['helm.sh/resource-policy'], 'keep');
        const { accessModes } = spec as { readonly accessModes: readonly string[] };
        const user = all.find((one) => one.metadata.name === metadata.name);
        const isShared = accessModes[0] === 'ReadWriteMany';
        assert.equal(user?.spec.strategy?.type, isShared ? undefined : 'Recreate');
        assert.ok(isShared || user?.spec.replicas === 1);
      }
      const known = new Set(claims.map(({ metadata }) => metadata.name));
      for (const { spec } of all)
        for (const { persistentVolumeClaim: claim } of spec.template.spec.volumes ?? [])
          assert.ok(claim === undefined || known.has(claim.claimName));
    });
  });
}
