import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { apiSettings, readConfig, relaySettings, rendezvousSettings } from '@waystation/config';
import { serviceSettings, withPassedSettings } from '@waystation/config';

const root = fileURLToPath(new URL('../..', import.meta.url));
const file = (name: string): string => readFileSync(`${root}/${name}`, 'utf8');

/** The files beside docker-compose.yml, each with the arguments that its head gives. */
const FILES = {
  'deploy/compose.https.yml': ['-f', 'docker-compose.yml', '-f', 'deploy/compose.https.yml'],
  'deploy/compose.postgres.yml': ['-f', 'docker-compose.yml', '-f', 'deploy/compose.postgres.yml'],
  'deploy/compose.ipv6.yml': ['-f', 'docker-compose.yml', '-f', 'deploy/compose.ipv6.yml'],
  'deploy/compose.host.yml': ['--project-directory', '.', '-f', 'deploy/compose.host.yml'],
} as const;

describe('the Compose files in deploy', () => {
  for (const [name, args] of Object.entries(FILES)) {
    test(`${name} says how it is used and needs no late feature of Compose`, () => {
      const text = file(name);
      assert.ok(text.includes(args.join(' ')), 'the command in its head');
      assert.doesNotMatch(text, /^name:|^include:|!reset|start_interval|dockerfile_inline/m);
      assert.doesNotMatch(text, /\$\{[A-Z_]+:?\+/);
    });

    test(`${name} is accepted by docker compose`, (context) => {
      const env = { ...process.env, WAYSTATION_HOST: 'desk.example.org' };
      const all = ['compose', ...args, 'config', '-q'];
      const { status, stderr, error } = spawnSync('docker', all, {
        cwd: root,
        env,
        encoding: 'utf8',
      });
      if (error !== undefined || /is not a docker command/.test(stderr)) {
        context.skip('Docker with Compose is not installed here');
        return;
      }
      assert.equal(status, 0, stderr);
    });
  }

  test('the host file runs every service, with its settings, and opens nothing else', () => {
    const text = file('deploy/compose.host.yml');
    assert.equal(text, withPassedSettings(text));
    for (const { service } of serviceSettings)
      assert.ok(text.includes(`\n  ${service}:\n`), service);
    assert.doesNotMatch(text, /^ *ports:|service:edge|OPS_BIND|OPS_PORT/m);
    assert.match(text, /redis-server.*'--bind', '127\.0\.0\.1'/);
  });

  test('the IPv6 file publishes what the main file does, on the other family', () => {
    const published = [...file('docker-compose.yml').matchAll(/:-0\.0\.0\.0\}:(\d+:\d+\/\w+)'/g)];
    const again = [...file('deploy/compose.ipv6.yml').matchAll(/\[::\]:(\d+:\d+\/\w+)'/g)];
    assert.deepEqual(
      again.map(([, ports]) => ports),
      published.map(([, ports]) => ports),
    );
  });

  for (const name of ['docker-compose.yml', 'deploy/compose.host.yml'])
    test(`no container of ${name} may grow without end`, () => {
      const text = file(name);
      const services = text.slice(
        text.indexOf('\nservices:'),
        text.search(/\n(networks|volumes):/),
      );
      for (const block of services.split(/\n(?= {2}\w+:\n)/).slice(1)) {
        const limits = block.includes('<<: *service') || /mem_limit: .*/.test(block);
        assert.ok(limits, block.slice(0, 40));
      }
      assert.match(text, /x-service: &service[^]*?pids_limit: \d+\n {2}mem_limit: \d+m/);
    });

  test('the reverse proxy sends each path of the clients to its port, with their true address', () => {
    const read = { argv: [], env: {}, cwd: '/nonexistent' };
    const ports = {
      '/ws/id': readConfig(rendezvousSettings, read).port + 2,
      '/ws/relay': readConfig(relaySettings, read).port + 2,
      '': readConfig(apiSettings, read).port,
    };
    const caddy = file('deploy/caddy/Caddyfile');
    const routes = [
      ...caddy.matchAll(/handle ?(\S*) \{\s+reverse_proxy 127\.0\.0\.1:(\d+) \{\s+(.*)\n/g),
    ];
    assert.deepEqual(
      Object.fromEntries(routes.map(([, path = '', port]) => [path, Number(port)])),
      ports,
    );
    for (const [, , , header] of routes) assert.equal(header, 'header_up X-Real-IP {remote_host}');
    const https = file('deploy/compose.https.yml');
    for (const service of ['rendezvous', 'relay', 'api']) {
      const trusts = `  ${service}:\n    environment: ['TRUSTED_PROXIES=\${TRUSTED_PROXIES:-127.0.0.1}']`;
      assert.ok(https.includes(trusts), service);
    }
  });

  test('caddy accepts the file', (context) => {
    const env = { ...process.env, WAYSTATION_HOST: 'desk.example.org' };
    const args = ['validate', '--adapter', 'caddyfile', '--config', 'deploy/caddy/Caddyfile'];
    const { status, stderr, error } = spawnSync('caddy', args, {
      cwd: root,
      env,
      encoding: 'utf8',
    });
    if (error !== undefined) {
      context.skip('caddy is not installed here');
      return;
    }
    assert.equal(status, 0, stderr);
  });
});
