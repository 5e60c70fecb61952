// The real thing in containers; started by run.mjs, which sets up and builds first.
//   Brings docker-compose.yml up with replicas and monitoring under a project of its own; joins client
//   pairs over the published ports; starts again, restarts, kills and loses containers; looks at what
//   came back; takes it all down again.
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Caller, Device, exchangeBulk, until } from '@waystation/testkit';
import { hasImage } from './engine.mjs';

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
/** All services with what a healthy stack has of each. */
const COUNTS = { registry: 1, ...REPLICAS, api: 1, prober: 1 };
/** Pairs that are tried until every relay replica has had one; each finds one by chance. */
const MOST_PAIRS = 60;
const GRAFANA = hasImage(grafanaImage());
const MONITORING = ['prometheus', ...(GRAFANA ? ['grafana'] : [])];
const UP = [
  'up',
  '-d',
  '--wait',
  ...Object.entries(REPLICAS).flatMap(([name, n]) => ['--scale', `${name}=${n}`]),
  ...['secrets', 'redis', 'edge', ...Object.keys(COUNTS), ...MONITORING],
];

const env = { ...process.env, WAYSTATION_HOST: hostAddress() };
const docker = (...args) =>
  execFileSync('docker', args, { cwd: root, env, encoding: 'utf8' }).trim();
const compose = (...args) => docker('compose', '-p', PROJECT, '--profile', 'monitoring', ...args);
const containers = (service) => compose('ps', '-q', service).split('\n').filter(Boolean);
const state = (id, field) => docker('inspect', '-f', `{{.State.${field}}}`, id);
const say = (text) => console.log(`compose │ ${text}`);

function grafanaImage() {
  const text = readFileSync(`${root}/docker-compose.yml`, 'utf8');
  return /^ +image: (grafana\/\S+)$/m.exec(text)[1];
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

/** What a service in a container shows of one metric, all its labels together. */
function metricIn(id, name) {
  const program = `
    const { readdirSync, readFileSync } = require('node:fs');
    const file = readdirSync(process.env.RUN_DIR).find((name) => name.endsWith('.json'));
    const { opsPort } = JSON.parse(readFileSync(process.env.RUN_DIR + '/' + file));
    fetch('http://127.0.0.1:' + opsPort + '/metrics').then((a) => a.text()).then(console.log);`;
  const text = docker('exec', id, 'node', '-e', program);
  const rows = [...text.matchAll(new RegExp(`^${name}(?:\\{.*\\})? (\\S+)$`, 'gm'))];
  return rows.reduce((sum, [, value]) => sum + Number(value), 0);
}

/** Sessions find a relay by chance; in the end each must have had one. */
async function everyRelayWorks(server, key) {
  const idle = () => containers('relay').filter((id) => metricIn(id, 'relay_sessions_total') === 0);
  for (let pairs = 0; pairs < MOST_PAIRS && idle().length > 0; pairs += 4) {
    await Promise.all(Array.from({ length: 4 }, () => pair(server, key)));
  }
  if (idle().length > 0) throw new Error(`no session on ${idle().length} of the relays`);
}

/** The prober comes in through the published address, as clients do, and finds nothing wrong. */
async function proberIsContent() {
  const [id] = containers('prober');
  await until(() => metricIn(id, 'prober_looks_total') > 0, {
    timeoutMs: RECOVERY_MS,
    what: 'a look of the prober',
  });
  await until(() => /a client can use this server|can be used again/.test(docker('logs', id)), {
    timeoutMs: RECOVERY_MS,
    what: 'a good word of the prober',
  });
  const warnings = docker('logs', id)
    .split('\n')
    .filter((line) => /\bwarn\b/.test(line));
  if (warnings.length > 0) throw new Error(`the prober warns: ${warnings.join('\n')}`);
}

async function prometheusSees(expected) {
  const ask = async (page) => {
    const answer = await fetch(`http://127.0.0.1:9090/api/v1/${page}`);
    return (await answer.json()).data;
  };
  const isComplete = async () => {
    const { activeTargets } = await ask('targets');
    const up = activeTargets.filter(({ health }) => health === 'up');
    return up.length === expected && activeTargets.length === expected;
  };
  await until(async () => isComplete().catch(() => false), {
    timeoutMs: 2 * RECOVERY_MS,
    what: `${expected} targets of Prometheus that are up`,
  });
  const { groups } = await ask('rules');
  const ill = groups.flatMap(({ rules }) => rules).filter(({ health }) => health === 'err');
  if (groups.length === 0 || ill.length > 0) throw new Error('Prometheus has no use for the rules');
}

async function grafanaShows() {
  const page = 'http://127.0.0.1:3000/api/dashboards/uid/waystation';
  const shows = async () => (await fetch(page).catch(() => undefined))?.ok === true;
  await until(shows, { timeoutMs: RECOVERY_MS, what: 'the dashboard in Grafana' });
}

/** Containers with the time of their start: another start or another container is a change. */
function whatRuns() {
  // the service that makes the password ends at once, and does so again at every `up`
  const ids = ['redis', 'edge', ...Object.keys(COUNTS), ...MONITORING].flatMap(containers);
  return ids.map((id) => `${id} ${state(id, 'StartedAt')}`).join('\n');
}

async function allHealthy() {
  for (const [service, count] of Object.entries(COUNTS)) await healthy(service, count);
}

/** Whatever container falls comes back by itself, and a session can be had again. */
async function everyCrashIsMended(server, key) {
  for (const service of ['prober', 'api', 'relay', 'rendezvous', 'registry', 'redis']) {
    await step(`crash of one ${service}`, async () => {
      const [id] = containers(service);
      const restarts = () => Number(docker('inspect', '-f', '{{.RestartCount}}', id));
      const before = restarts();
      crash(id);
      await until(() => restarts() > before, {
        timeoutMs: RECOVERY_MS,
        what: `a restart of ${service}`,
      });
      await healthy(service, COUNTS[service] ?? 1);
      await pair(server, key);
    });
  }
  await step('crash of the edge: replicas move into its new network', async () => {
    const before = containers('relay').map((id) => state(id, 'StartedAt'));
    crash(containers('edge')[0]);
    const moved = () => containers('relay').every((id) => !before.includes(state(id, 'StartedAt')));
    await until(moved, { timeoutMs: RECOVERY_MS, what: 'relays that have started anew' });
    await allHealthy();
    await pair(server, key);
  });
}

async function main() {
  const server = { host: hostAddress(), port: 21116 };
  await step('up --build --wait with replicas and monitoring', async () => {
    docker('compose', '-p', PROJECT, 'build', '-q');
    compose(...UP);
    await allHealthy();
  });
  const key = compose('exec', '-T', 'registry', 'cat', '/data/id_ed25519.pub');
  await step('a second up changes nothing', () => {
    const before = whatRuns();
    compose(...UP);
    if (whatRuns() !== before) throw new Error(`before\n${before}\nafter\n${whatRuns()}`);
  });
  await step('a TCP pair over the published ports', () => pair(server, key));
  await step('a WebSocket caller', () => pair(server, key, 'ws'));
  await step(`sessions on each of ${REPLICAS.relay} relays`, () => everyRelayWorks(server, key));
  await step('api answers', async () => {
    const response = await fetch(`http://${server.host}:21114/healthz`);
    if (!response.ok) throw new Error(`the api answers ${response.status}`);
  });
  await step('the prober finds nothing wrong', proberIsContent);
  const replicas = Object.values(COUNTS).reduce((sum, n) => sum + n, 0);
  await step('Prometheus reaches every replica', () => prometheusSees(replicas));
  if (GRAFANA) await step('Grafana shows the dashboard', grafanaShows);
  else say('skip Grafana: its image cannot be had here');
  await step('restart of every replica', async () => {
    compose('restart', ...Object.keys(COUNTS));
    await allHealthy();
    await pair(server, key);
  });
  await everyCrashIsMended(server, key);
  await step('down and up again keeps the key', async () => {
    compose('down');
    compose(...UP);
    const again = compose('exec', '-T', 'registry', 'cat', '/data/id_ed25519.pub');
    if (again !== key) throw new Error('the key is another one');
    await allHealthy();
    await pair(server, key);
  });
  await step('the prober finds nothing wrong after all that', proberIsContent);
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
  spawnSync('docker', ['compose', '-p', PROJECT, '--profile', 'monitoring', 'down', '-v'], {
    cwd: root,
    stdio: 'ignore',
  });
}
process.exit(code);
