import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import {
  apiSettings,
  readConfig,
  relaySettings,
  rendezvousSettings,
  serviceSettings,
} from '@waystation/config';

const root = fileURLToPath(new URL('../..', import.meta.url));
const chart = `${root}/deploy/helm/waystation`;
const template = (name: string): string => readFileSync(`${chart}/templates/${name}`, 'utf8');
const read = { argv: [], env: {}, cwd: '/nonexistent' };

const p = readConfig(rendezvousSettings, read).port;
const q = readConfig(relaySettings, read).port;
const { drainMs } = readConfig(relaySettings, read);
const PUBLIC = {
  rendezvous: [`${String(p)}/UDP`, ...[p - 1, p, p + 2].map((port) => `${String(port)}/TCP`)],
  relay: [q, q + 2].map((port) => `${String(port)}/TCP`),
  api: [`${String(readConfig(apiSettings, read).port)}/TCP`],
};

/** What the kubelet asks of every pod; those whose sessions outlive Redis are asked for less. */
const PROBES = {
  startupProbe: '/readyz',
  readinessProbe:
    '\\{\\{ ternary "/serving" "/readyz" \\(has .component \\(list "rendezvous" "relay"\\)\\) \\}\\}',
  livenessProbe: '/healthz',
};

function helm(
  ...set: string[]
): { status: number | null; stdout: string; stderr: string } | undefined {
  const args = [
    'template',
    'check',
    chart,
    '--kube-version',
    '1.30',
    ...set.flatMap((one) => ['--set', one]),
  ];
  const { status, stdout, stderr, error } = spawnSync('helm', args, { encoding: 'utf8' });
  return error === undefined ? { status, stdout, stderr } : undefined;
}

describe('the Helm chart', () => {
  test('opens the ports that the services open, and their ops ports for probes alone', () => {
    const front = template('front.yaml');
    for (const [service, ports] of Object.entries({
      rendezvous: PUBLIC.rendezvous,
      relay: PUBLIC.relay,
    })) {
      const list = new RegExp(`"${service}" \\(list (.*)\\)`).exec(front)?.[1] ?? '';
      const found = [...list.matchAll(/"port" (\d+) "protocol" "(\w+)"/g)];
      assert.deepEqual(
        found.map(([, port, kind]) => `${String(port)}/${String(kind)}`).sort(),
        ports.sort(),
      );
    }
    assert.ok(
      template('api.yaml').includes(`containerPort: ${String(PUBLIC.api[0]?.split('/')[0])}`),
    );
    const names = template('_names.tpl');
    for (const [probe, page] of Object.entries(PROBES)) {
      const asked = new RegExp(
        `${probe}:\\n(?: {2}#.*\\n)* {2}httpGet: \\{ path: ${page}, port: ops \\}`,
      );
      assert.match(names, asked);
    }
  });

  test('keeps clients’ addresses, drains relays, and runs as nobody special', () => {
    const front = template('front.yaml');
    assert.match(front, /externalTrafficPolicy: Local/);
    assert.match(front, /hostPort: /);
    assert.match(front, /preStop:/);
    assert.match(front, /kind: HorizontalPodAutoscaler/);
    assert.match(front, /kind: PodDisruptionBudget/);
    for (const rule of [
      'runAsNonRoot: true',
      'seccompProfile: { type: RuntimeDefault }',
      'readOnlyRootFilesystem: true',
      'capabilities: { drop: [ALL] }',
      'allowPrivilegeEscalation: false',
    ]) {
      assert.ok(template('_names.tpl').includes(rule), rule);
    }
  });

  test('sets nothing that no service knows', () => {
    const declared = serviceSettings.flatMap(({ options }) => Object.values(options));
    const known = new Set(declared.map(({ name }) => name));
    for (const file of ['_names.tpl', 'registry.yaml', 'front.yaml', 'api.yaml']) {
      for (const [, name = ''] of template(file).matchAll(/name: ([A-Z][A-Z_]+)\b/g)) {
        assert.ok(known.has(name) || name === 'POD_IP', `${file}: ${name}`);
      }
    }
  });

  test('every value that a template asks for has a default, and the other way round', () => {
    const values = readFileSync(`${chart}/values.yaml`, 'utf8');
    const all = [
      '_names.tpl',
      'secret.yaml',
      'redis.yaml',
      'registry.yaml',
      'front.yaml',
      'api.yaml',
      'network-policies.yaml',
      'prober.yaml',
      'cli.yaml',
    ]
      .map(template)
      .join('\n');
    const used = [...all.matchAll(/\.Values\.([A-Za-z]+)/g)].map(([, name = '']) => name);
    // front.yaml makes both of its services from one text
    if (all.includes('index $root.Values $component')) used.push('rendezvous');
    const given = [...values.matchAll(/^([A-Za-z]+):/gm)].map(([, name = '']) => name);
    assert.deepEqual([...new Set(used)].sort(), given.sort());
  });

  test('renders with helm in every shape, and refuses what cannot work', (context) => {
    const plain = helm('host=desk.example.org');
    if (plain === undefined) {
      context.skip('rendering was skipped: helm is not installed here');
      return;
    }
    assert.equal(plain.status, 0, plain.stderr);
    for (const port of [...PUBLIC.rendezvous, ...PUBLIC.relay]) {
      const number = String(port.split('/')[0]);
      assert.ok(plain.stdout.includes(`hostPort: ${number}`), port);
    }
    const grace = [...plain.stdout.matchAll(/terminationGracePeriodSeconds: (\d+)/g)].map((match) =>
      Number(match[1]),
    );
    assert.ok(Math.max(...grace) * 1000 > drainMs);
    const balanced = helm(
      'host=h.example',
      'rendezvous.exposure=loadBalancer',
      'relay.exposure=loadBalancer',
      'relay.autoscaling.enabled=true',
    );
    assert.equal(balanced?.status, 0, String(balanced?.stderr));
    assert.doesNotMatch(balanced?.stdout ?? '', /hostPort/);
    assert.match(balanced?.stdout ?? '', /kind: HorizontalPodAutoscaler/);
    const postgres = [
      'api.database=postgres',
      'api.databaseUrl=postgres://u:p@h/d',
      'api.replicas=2',
    ];
    const outside = helm(
      'host=h.example',
      ...postgres,
      'api.ingress.enabled=true',
      'redis.enabled=false',
      'redis.url=redis://r:6379',
    );
    assert.equal(outside?.status, 0, String(outside?.stderr));
    assert.doesNotMatch(outside?.stdout ?? '', /kind: StatefulSet/);
    for (const [set, says] of [
      [[], /public name/],
      [['host=h.example', 'api.replicas=2'], /postgres/],
      [['host=h.example', 'redis.enabled=false'], /redis\.url/],
    ] as const) {
      const refused = helm(...set);
      assert.notEqual(refused?.status, 0);
      assert.match(refused?.stderr ?? '', says);
    }
  });
});

describe('the Swarm stack', () => {
  const text = readFileSync(`${root}/deploy/swarm/stack.yml`, 'utf8');
  test('opens the same ports, each in host mode', () => {
    const ports = [
      ...text.matchAll(/target: (\d+), published: (\d+), protocol: (\w+), mode: (\w+)/g),
    ];
    for (const [, target, published, , mode] of ports)
      assert.deepEqual([published, mode], [target, 'host']);
    const open = ports.map(([, , port, kind]) => `${String(port)}/${String(kind).toUpperCase()}`);
    assert.deepEqual(open.sort(), [...PUBLIC.rendezvous, ...PUBLIC.relay, ...PUBLIC.api].sort());
  });

  test('asks nothing of docker stack that it passes over in silence', () => {
    for (const key of [
      'tmpfs: \\[',
      'security_opt',
      'depends_on',
      'restart:',
      'network_mode',
      'mem_limit',
    ])
      assert.doesNotMatch(text, new RegExp(`^ *${key}`, 'm'), key);
    assert.match(text, /&tmp \{ type: tmpfs, target: \/tmp,/);
  });

  test('names lead to the tasks, and what is told of them is found under their names', () => {
    assert.equal(text.match(/endpoint_mode: dnsrr/g)?.length, 3);
    assert.match(text, /OPS_BIND: 0\.0\.0\.0\n {2}OPS_ADVERTISE: '\{\{\.Task\.Name\}\}'/);
    assert.match(text, /PROBE_INSIDE: &inside 'rendezvous,relay,api'/);
    assert.match(text, /HTTP_PROXY_TARGET: 'http:\/\/api:21114'/);
  });

  test('gives relays more time than they take to drain', () => {
    const seconds = [...text.matchAll(/stop_grace_period: (\d+)s/g)].map((match) =>
      Number(match[1]),
    );
    assert.ok(Math.max(...seconds) * 1000 > drainMs);
  });
});
