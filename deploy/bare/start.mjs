// `npm start`: the whole stack as processes of this machine.
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { join } from 'node:path';
import { Child } from './child.mjs';
import { givenRedis, publicAddress, publicPorts, readArguments, readSettings } from './plan.mjs';
import { requireFreePorts } from './ports.mjs';
import { findRedis, startRedis } from './redis.mjs';
import { Stop, fail, outliveReader, report, say } from './say.mjs';
import { root, setUp } from './setup.mjs';

const READY_WITHIN_MS = 60_000;
const POLL_MS = 150;
const PARENT_CHECK_MS = 1000;
const REDIS_END_MS = 10_000;
const RUN_FILE = /^(registry|rendezvous|relay|api|prober)-.*\.json(\.\d+\.part)?$/;
/** Of our own, so that the settings of a proxy mean nothing for loopback. */
const direct = new Agent();

/** What is running, in the order of its start. */
const children = [];
let redis;
let ending = false;
/** How long a program may take to end; a relay first waits for its sessions. */
let patienceMs = 15_000;

async function main() {
  outliveReader();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'])
    process.on(signal, () => void end(0));
  endWithNpm();
  const wish = readArguments(process.argv.slice(2), root);
  const node = await setUp();
  const config = await import('../../libs/config/dist/index.js');
  const { env, settings } = readSettings(config, root, wish.data);
  patienceMs += settings.relay.drainMs;
  await requireFreePorts(publicPorts(settings), settings.rendezvous.bind);
  env.REDIS_URL = givenRedis(config, env, root) || (await ownRedis(wish.data));
  const { runDir } = settings.registry;
  clearRunFolder(runDir);
  const replicas = { registry: 1, rendezvous: wish.rendezvous, relay: wish.relay, api: 1 };
  // the registry makes the key that the others wait for
  await startService('registry', replicas, node, env, runDir);
  const others = ['rendezvous', 'relay', 'api'];
  await Promise.all(others.map((name) => startService(name, replicas, node, env, runDir)));
  if (settings.prober.enabled) {
    replicas.prober = 1;
    // what people are told to put into their clients is what is tried
    const told = { ...env, WAYSTATION_HOST: publicAddress(settings.rendezvous.host) };
    await startService('prober', replicas, node, told, runDir);
  }
  const { configString } = await import('../../libs/wire/dist/index.js');
  greet(settings, replicas, configString);
}

/** Only what replicas have written: RUN_DIR may name a folder that holds other things as well. */
function clearRunFolder(folder) {
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(folder)) {
    if (RUN_FILE.test(name)) rmSync(join(folder, name), { force: true });
  }
}

/** An npm that is killed tells nobody; without it there is no terminal to end us from. */
function endWithNpm() {
  if (process.env.npm_lifecycle_event !== 'start') return;
  const { ppid } = process;
  setInterval(() => {
    if (process.ppid !== ppid && !ending) void end(0);
  }, PARENT_CHECK_MS).unref();
}

async function ownRedis(data) {
  const program = await findRedis();
  const started = await startRedis(program, join(data, 'redis'));
  redis = started.child;
  redis.on('close', () => {
    if (ending) return;
    say(`Redis (${program}) ended unexpectedly; its data is in ${join(data, 'redis')}. It said:`);
    for (const line of started.lastLines()) say(`  ${line}`);
    void end(1);
  });
  return started.url;
}

/** The smaller young generation saves a fifth of the memory (docs/performance.md, 4.2). */
const NODE_FLAGS = { rendezvous: ['--max-semi-space-size=8'] };

async function startService(name, replicas, node, env, runDir) {
  const count = replicas[name];
  const mine = Array.from({ length: count }, (_, index) => {
    const label = count === 1 ? name : `${name}.${index + 1}`;
    const entry = join(root, 'services', name, 'dist', 'main.js');
    return new Child(label, node, [...(NODE_FLAGS[name] ?? []), entry], { cwd: root, env });
  });
  children.push(...mine);
  for (const child of mine) child.start();
  const fallen = mine.map(async (child) => {
    const code = await child.ended;
    throw new Stop(
      ending ? 'ended during the start.' : `${child.label} did not start (exit code ${code}).`,
    );
  });
  await Promise.race([ready(mine, runDir), ...fallen]);
  for (const promise of fallen) promise.catch(() => undefined);
  for (const child of mine) child.keep();
}

async function ready(mine, runDir) {
  const end = Date.now() + READY_WITHIN_MS;
  for (;;) {
    const pids = await readyPids(runDir);
    const missing = mine.filter((child) => !pids.has(child.pid));
    if (missing.length === 0) return;
    if (Date.now() > end) {
      const names = missing.map((child) => child.label).join(', ');
      throw new Stop(
        `${names} did not get ready within ${READY_WITHIN_MS / 1000} s; the lines above say why.`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** Process ids of the replicas whose own ops port says that they are ready. */
async function readyPids(runDir) {
  const files = readdirSync(runDir).filter((name) => name.endsWith('.json'));
  const facts = files.map((name) => JSON.parse(readFileSync(join(runDir, name), 'utf8')));
  const states = await Promise.all(facts.map(({ opsHost, opsPort }) => answers(opsHost, opsPort)));
  return new Set(facts.filter((_, index) => states[index]).map(({ pid }) => pid));
}

function answers(opsHost, port) {
  const host = opsHost === '0.0.0.0' || opsHost === '::' ? '127.0.0.1' : opsHost;
  return new Promise((resolve) => {
    const request = get(
      { host, port, path: '/readyz', timeout: 3000, agent: direct },
      (response) => {
        response.resume();
        resolve(response.statusCode === 200);
      },
    );
    request.on('timeout', () => request.destroy());
    request.on('error', () => resolve(false));
  });
}

function greet({ registry, rendezvous, relay, api }, replicas, configString) {
  const address = publicAddress(rendezvous.host);
  const keyFile = join(registry.keyDir, 'id_ed25519.pub');
  const host = `${address}${rendezvous.port === 21116 ? '' : `:${rendezvous.port}`}`;
  const key = existsSync(keyFile) ? readFileSync(keyFile, 'utf8').trim() : '';
  const apiServer = `http://${address}:${api.port}`;
  const lines = [['ID server', host]];
  if (key !== '') lines.push(['Key', key]);
  lines.push(['API server', apiServer]);
  lines.push(['Or import', configString({ host, relay: '', api: apiServer, key })]);
  lines.push(['Console', `${apiServer}/`]);
  lines.push([
    'Ports',
    `TCP ${api.port}, ${rendezvous.port - 1}-${relay.port + 2}; UDP ${rendezvous.port}`,
  ]);
  const counts = Object.entries(replicas).map(([name, count]) => `${count} ${name}`);
  lines.push(['Running', `${counts.join(', ')} (Ctrl-C ends it)`]);
  say('');
  say('Waystation is ready. In a client: Settings, Network, ID/Relay server.');
  for (const [name, value] of lines) say(`  ${name.padEnd(11)}${value}`);
  say('');
}

async function end(code) {
  if (ending) {
    for (const child of children) child.kill();
    redis?.kill('SIGKILL');
    process.exit(1);
  }
  ending = true;
  say('ending …');
  const [registry, ...others] = children;
  await Promise.all(others.map((child) => child.end(patienceMs)));
  await registry?.end(patienceMs);
  await endRedis();
  say('ended.');
  process.exit(code);
}

async function endRedis() {
  if (redis === undefined || redis.exitCode !== null || redis.signalCode !== null) return;
  const closed = new Promise((resolve) => redis.once('close', resolve));
  redis.kill('SIGTERM');
  const force = setTimeout(() => redis.kill('SIGKILL'), REDIS_END_MS);
  await closed;
  clearTimeout(force);
}

main().catch(async (error) => {
  // a signal during the start is on its way out already
  if (ending) return;
  if (children.length === 0 && redis === undefined) fail(error);
  report(error);
  await end(1);
});
