import { mkdirSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { join, resolve } from 'node:path';
import { Stop } from './say.mjs';

const REPLICATED = ['rendezvous', 'relay'];
const USAGE = 'npm start -- [--rendezvous N] [--relay N] [--data FOLDER]';

/** What the command line asks for: replicas of each service and the data folder. */
export function readArguments(argv, root) {
  const wish = { rendezvous: 1, relay: 1, data: join(root, 'data') };
  for (let at = 0; at < argv.length; at += 2) {
    const name = argv[at].replace(/^--/, '');
    const value = argv[at + 1];
    if (!(name in wish) || !argv[at].startsWith('--') || value === undefined) {
      throw new Stop(`"${argv.slice(at, at + 2).join(' ')}" is not understood; usage: ${USAGE}.`);
    }
    wish[name] = REPLICATED.includes(name) ? replicas(name, value) : resolve(value);
  }
  return wish;
}

function replicas(name, value) {
  const count = Number(value);
  if (Number.isInteger(count) && count >= 1 && count <= 64) return count;
  throw new Stop(`--${name} must be a number of replicas from 1 to 64, for example --${name} 2.`);
}

/**
 * Every service's settings as the services themselves will see them, with our folders as defaults.
 * Throws Stop with every fault, each as a sentence.
 */
export function readSettings(config, root, data) {
  mkdirSync(data, { recursive: true });
  // Ctrl-C at a terminal is not to wait minutes for the sessions of a relay
  const env = { WAYSTATION_DRAIN_SECONDS: '5', ...environment(data) };
  const found = {};
  const faults = new Set();
  for (const declared of config.serviceSettings) {
    try {
      found[declared.service] = config.readConfig(declared, { argv: [], env, cwd: root });
    } catch (error) {
      if (!(error instanceof config.ConfigError)) throw error;
      for (const fault of error.faults) faults.add(fault);
    }
  }
  if (faults.size > 0) throw new Stop([...faults].join('\n'));
  // an operator who wants none says HTTP_PROXY_TARGET= in the environment
  env.HTTP_PROXY_TARGET ??= apiAddress(found.api);
  env.PROBE_INSIDE ??= found.rendezvous.bind || '127.0.0.1';
  return { env, settings: found };
}

/** Our environment, with folders below `data` where it names none. */
export function environment(data) {
  const folders = { KEY_DIR: data, WAYSTATION_DATA_DIR: data, RUN_DIR: join(data, 'run') };
  return { ...folders, ...process.env };
}

/** Where the rendezvous reaches the api of this stack. */
function apiAddress({ bind, port }) {
  const host = bind === '' ? '127.0.0.1' : bind;
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** The address of a Redis that the operator names, or empty: then we start our own. */
export function givenRedis(config, env, root) {
  const redisUrl = { ...config.sharedOptions.redisUrl, default: '' };
  const declared = config.settings({ service: 'start', meaning: '', options: { redisUrl } });
  return config.readConfig(declared, { argv: [], env, cwd: root }).redisUrl;
}

/** The public ports, each with the setting that moves it. */
export function publicPorts({ rendezvous, relay, api }) {
  const tcp = (port, setting) => ({ kind: 'tcp', port, setting });
  return [
    tcp(api.port, 'API_PORT'),
    tcp(rendezvous.port - 1, 'PORT'),
    tcp(rendezvous.port, 'PORT'),
    { kind: 'udp', port: rendezvous.port, setting: 'PORT' },
    tcp(rendezvous.port + 2, 'PORT'),
    tcp(relay.port, 'PORT'),
    tcp(relay.port + 2, 'PORT'),
  ];
}

/** WAYSTATION_HOST, else this machine's first address that others could reach. */
export function publicAddress(host) {
  if (host !== '') return host;
  const all = Object.values(networkInterfaces()).flat();
  const outside = all.find((entry) => entry.family === 'IPv4' && !entry.internal);
  return outside?.address ?? '127.0.0.1';
}
