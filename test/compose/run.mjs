// The real thing in containers, run by hand: npm run test:compose [-- --relay N --rendezvous N]
//   brings docker-compose.yml up under a project of its own, with replicas; joins a client pair over
//   the published ports; restarts, kills and loses containers; looks at what came back; takes it all
//   down again. Needs Docker with Compose and the ports 21114 to 21119; says so and ends well if
//   there is no engine.
import { execFileSync, spawnSync } from 'node:child_process';
import { networkInterfaces } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Caller, Device, exchangeBulk, until } from '@waystation/testkit';

const root = fileURLToPath(new URL('../..', import.meta.url));
const PROJECT = 'waystation-check';
const { values } = parseArgs({
  options: {
    rendezvous: { type: 'string', default: '2' },
    relay: { type: 'string', default: '3' },
  },
});
const REPLICAS = { rendezvous: Number(values.rendezvous), relay: Number(values.relay) };
const BULK_BYTES = 2_000_000;
const RECOVERY_MS = 60_000;
const UP = [
  'up',
  '-d',
  '--wait',
  ...Object.entries(REPLICAS).flatMap(([name, n]) => ['--scale', `${name}=${n}`]),
];

const docker = (...args) => execFileSync('docker', args, { cwd: root, encoding: 'utf8' }).trim();
const compose = (...args) => docker('compose', '-p', PROJECT, ...args);
const containers = (service) => compose('ps', '-q', service).split('\n').filter(Boolean);
const state = (id, field) => docker('inspect', '-f', `{{.State.${field}}}`, id);
const say = (text) => console.log(`compose │ ${text}`);

function engineIsThere() {
  const found = (...args) => spawnSync('docker', args, { stdio: 'ignore' }).status === 0;
  return found('version') && found('compose', 'version');
}

/** Ends everything in a container but its init, as a crash would: Docker's restart policy applies. */
function crash(id) {
  spawnSync('docker', ['exec', id, 'sh', '-c', 'kill -9 -1'], { stdio: 'ignore' });
}

async function step(name, work) {
  const begun = Date.now();
  await work();
  say(`ok   ${name} (${((Date.now() - begun) / 1000).toFixed(1)} s)`);
}

const healthy = (service, count) =>
  until(
    () => {
      const ids = containers(service);
      return ids.length === count && ids.every((id) => state(id, 'Health.Status') === 'healthy');
    },
    { timeoutMs: RECOVERY_MS, what: `${count} healthy ${service}` },
  );

/** An address of this machine that is not loopback: Docker shows those clients as they are. */
function hostAddress() {
  const all = Object.values(networkInterfaces()).flat();
  return all.find((entry) => entry.family === 'IPv4' && !entry.internal)?.address ?? '127.0.0.1';
}

/** A device registers, a caller reaches it over a relay, and bytes go both ways unharmed. */
async function pair(server, key, transport = 'tcp') {
  const device = await new Device({ server, key }).start(RECOVERY_MS);
  const caller = new Caller({ server, key, transport, forceRelay: true });
  try {
    const [there, here] = await Promise.all([caller.connect(device.id), device.session()]);
    const results = await exchangeBulk(there.leg, here.leg, BULK_BYTES);
    if (results.some(({ sent, received }) => sent.sha256 !== received.sha256)) {
      throw new Error('the bytes that arrived are not those that were sent');
    }
    there.leg.close();
    here.leg.close();
  } finally {
    device.stop();
  }
}

async function main() {
  const server = { host: hostAddress(), port: 21116 };
  await step('up --build --wait with replicas', async () => {
    docker('compose', '-p', PROJECT, 'build', '-q');
    compose(...UP);
    for (const [service, count] of Object.entries({ registry: 1, api: 1, ...REPLICAS })) {
      await healthy(service, count);
    }
  });
  const key = compose('exec', '-T', 'registry', 'cat', '/data/id_ed25519.pub');
  await step('a TCP pair over the published ports', () => pair(server, key));
  await step('a WebSocket caller', () => pair(server, key, 'ws'));
  await step('api answers', async () => {
    const response = await fetch(`http://${server.host}:21114/healthz`);
    if (!response.ok) throw new Error(`the api answers ${response.status}`);
  });
  await step('restart of every replica', async () => {
    compose('restart', 'registry', 'rendezvous', 'relay', 'api');
    await healthy('rendezvous', REPLICAS.rendezvous);
    await healthy('relay', REPLICAS.relay);
    await pair(server, key);
  });
  for (const service of ['relay', 'rendezvous', 'registry', 'redis']) {
    await step(`crash of one ${service}`, async () => {
      const [id] = containers(service);
      const before = Number(docker('inspect', '-f', '{{.RestartCount}}', id));
      crash(id);
      const restarts = () => Number(docker('inspect', '-f', '{{.RestartCount}}', id));
      await until(() => restarts() > before, {
        timeoutMs: RECOVERY_MS,
        what: `a restart of ${service}`,
      });
      await healthy(service, REPLICAS[service] ?? 1);
      await pair(server, key);
    });
  }
  await step('crash of the edge: replicas move into its new network', async () => {
    crash(containers('edge')[0]);
    await new Promise((resolve) => setTimeout(resolve, 5000));
    for (const [service, count] of Object.entries({ api: 1, ...REPLICAS }))
      await healthy(service, count);
    await pair(server, key);
  });
  await step('a backup comes back on empty volumes, with the same key', async () => {
    const run = ['compose', '-p', PROJECT, 'run', '--rm', '-T', 'cli'];
    const most = { cwd: root, maxBuffer: 256 * 1024 * 1024 };
    const backup = execFileSync('docker', [...run, 'backup', '-'], most);
    compose('down', '-v');
    execFileSync('docker', [...run, 'restore', '-'], { ...most, input: backup });
    compose(...UP);
    const again = compose('exec', '-T', 'registry', 'cat', '/data/id_ed25519.pub');
    if (again !== key) throw new Error('the key is another one');
    await pair(server, key);
  });
  await step('down and up again keeps the key', async () => {
    compose('down');
    compose(...UP);
    const again = compose('exec', '-T', 'registry', 'cat', '/data/id_ed25519.pub');
    if (again !== key) throw new Error('the key is another one');
    await pair(server, key);
  });
}

if (!engineIsThere()) {
  say('skipped: no Docker engine with Compose answers here');
  process.exit(0);
}
let code = 0;
try {
  await main();
} catch (error) {
  code = 1;
  say(`FAIL ${error.stack ?? error}`);
  spawnSync('docker', ['compose', '-p', PROJECT, 'ps'], { cwd: root, stdio: 'inherit' });
  spawnSync('docker', ['compose', '-p', PROJECT, 'logs', '--tail', '15'], {
    cwd: root,
    stdio: 'inherit',
  });
} finally {
  spawnSync('docker', ['compose', '-p', PROJECT, 'down', '-v'], { cwd: root, stdio: 'ignore' });
}
process.exit(code);
