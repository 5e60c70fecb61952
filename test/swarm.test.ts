import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { apiSettings, readConfig, relaySettings, rendezvousSettings } from '@waystation/config';
import { serviceSettings } from '@waystation/config';
import { load, YAML11_SCHEMA } from 'js-yaml';

interface Task {
  readonly environment?: Readonly<Record<string, string | number>>;
  readonly ports?: readonly {
    readonly target: number;
    readonly published: number;
    readonly protocol: string;
    readonly mode: string;
  }[];
  readonly volumes?: readonly unknown[];
  readonly stop_grace_period?: string;
  readonly deploy?: {
    readonly endpoint_mode?: string;
    readonly replicas?: number;
    readonly resources?: { readonly limits?: { readonly memory?: string; readonly pids?: number } };
  };
}

/** What docker stack passes over without a word, though Compose obeys it. */
const PASSED_OVER = [
  'tmpfs',
  'security_opt',
  'depends_on',
  'restart',
  'network_mode',
  'mem_limit',
  'pids_limit',
  'build',
  'container_name',
];

const file = fileURLToPath(new URL('../../deploy/swarm/stack.yml', import.meta.url));
const read = { argv: [], env: {}, cwd: '/nonexistent' };
const p = readConfig(rendezvousSettings, read).port;
const q = readConfig(relaySettings, read).port;

describe('the Swarm stack', () => {
  const { services } = load(readFileSync(file, 'utf8'), { schema: YAML11_SCHEMA }) as {
    readonly services: Readonly<Record<string, Task>>;
  };

  test('opens the ports that clients know, each in host mode, and no other', () => {
    const open = Object.fromEntries(
      Object.entries(services).map(([name, { ports = [] }]) => [
        name,
        ports.map(({ target, published, protocol, mode }) => {
          assert.deepEqual([published, mode], [target, 'host']);
          return `${target}/${protocol}`;
        }),
      ]),
    );
    assert.deepEqual(open, {
      redis: [],
      registry: [],
      rendezvous: [`${p - 1}/tcp`, `${p}/tcp`, `${p}/udp`, `${p + 2}/tcp`],
      relay: [`${q}/tcp`, `${q + 2}/tcp`],
      api: [`${readConfig(apiSettings, read).port}/tcp`],
      prober: [],
      cli: [],
    });
  });

  test('asks for nothing that docker stack passes over in silence', () => {
    for (const [name, task] of Object.entries(services))
      for (const key of PASSED_OVER) assert.ok(!(key in task), `${name}: ${key}`);
  });

  test('every task has a place for temporary files, a ceiling, and a name of its own', () => {
    for (const [name, { volumes = [], deploy }] of Object.entries(services)) {
      const tmp = { type: 'tmpfs', target: '/tmp', tmpfs: { size: 67108864 } };
      if (name !== 'redis') assert.deepEqual(volumes[0], tmp, name);
      assert.ok(deploy?.resources?.limits?.memory && deploy.resources.limits.pids, name);
      assert.equal(deploy.endpoint_mode, 'dnsrr', name);
    }
    assert.equal(services['cli']?.deploy?.replicas, 0);
  });

  test('tells each service what it understands', () => {
    const template = { '{{.Task.Name}}': 'waystation_relay.node.task' };
    for (const declared of serviceSettings) {
      const given = Object.entries(services[declared.service]?.environment ?? {});
      const env = Object.fromEntries(
        given.map(([name, value]) => {
          const text = String(value);
          if (text.startsWith('${WAYSTATION_HOST')) return [name, 'desk.example.org'];
          return [name, text in template ? template['{{.Task.Name}}'] : text];
        }),
      );
      // the secret is a file of the container
      const { REDIS_URL_FILE: secret, ...rest } = env;
      assert.equal(secret, '/run/secrets/redis-url');
      readConfig(declared, { argv: [], env: rest, cwd: '/nonexistent' });
      assert.equal(rest['OPS_BIND'], '0.0.0.0');
      for (const host of (rest['PROBE_INSIDE'] ?? 'api').split(',')) assert.ok(host in services);
    }
  });

  test('gives relays more time than they take to drain', () => {
    const { drainMs } = readConfig(relaySettings, read);
    const seconds = Number.parseInt(services['relay']?.stop_grace_period ?? '', 10);
    assert.ok(seconds * 1000 > drainMs);
  });
});
