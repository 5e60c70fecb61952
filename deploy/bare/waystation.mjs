// `npm run -s waystation -- <command>`: the command line on a machine without Docker. It works on the
// same data folder as `npm start`, whether that runs or not; --data FOLDER in front names another one.
import { spawn } from 'node:child_process';
import { join, resolve } from 'node:path';
import { environment, givenRedis } from './plan.mjs';
import { findRedis, runningRedis, startRedis } from './redis.mjs';
import { Stop, fail, sayOnStderr } from './say.mjs';
import { root, setUp } from './setup.mjs';

/** What looks at the devices, and so needs Redis also while the services are stopped. */
const NEEDS_REDIS = ['backup', 'restore', 'import', 'doctor'];

async function main() {
  sayOnStderr();
  const { data, command } = readArguments(process.argv.slice(2));
  const node = await setUp();
  const config = await import('../../libs/config/dist/index.js');
  const env = environment(data);
  const folder = join(data, 'redis');
  const verify = command[0] === 'restore' && command.includes('--verify');
  const own = ownRedis(config, env) ? runningRedis(folder) : undefined;
  if (own !== undefined) env.REDIS_URL = own;
  const start = own === undefined && NEEDS_REDIS.includes(command[0]) && !verify;
  const redis =
    start && ownRedis(config, env) ? await startRedis(await findRedis(), folder) : undefined;
  if (redis !== undefined) env.REDIS_URL = redis.url;
  process.exitCode = await run(node, command, env);
  if (redis !== undefined) await end(redis.child);
}

function readArguments(argv) {
  if (argv[0] !== '--data') return { data: join(root, 'data'), command: argv };
  if (argv[1] === undefined) throw new Stop('--data needs the name of a folder behind it.');
  return { data: resolve(argv[1]), command: argv.slice(2) };
}

/** Whether the operator names no Redis; a setting that is wrong is for the command to tell. */
function ownRedis(config, env) {
  try {
    return givenRedis(config, env, root) === '';
  } catch (error) {
    if (error instanceof config.ConfigError) return false;
    throw error;
  }
}

function run(node, command, env) {
  const program = join(root, 'services', 'cli', 'dist', 'main.js');
  return new Promise((resolveCode, reject) => {
    const child = spawn(node, [program, ...command], { cwd: root, env, stdio: 'inherit' });
    child.once('error', reject);
    child.once('close', (code) => resolveCode(code ?? 1));
  });
}

/** In order, so that Redis writes down what it has. */
async function end(child) {
  const closed = new Promise((done) => child.once('close', done));
  child.kill('SIGTERM');
  await closed;
}

main().catch(fail);
