// `npm test`: set-up, build, lint, walls, then every test. Node 20 syntax, no packages.
//   npm test                  everything
//   npm test -- relay walls   only test files whose path contains one of the words; no lint
import { existsSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { findRedis } from '../deploy/bare/redis.mjs';
import { performance } from 'node:perf_hooks';
import { outcome } from '../deploy/bare/run-command.mjs';
import { Stop, fail, say } from '../deploy/bare/say.mjs';
import { root, setUp, sourceFiles } from '../deploy/bare/setup.mjs';
import { checkCompose, obstacle } from './compose/engine.mjs';
import { runFiles } from './run-files.mjs';

/** Files at a time: the tests start real servers, and two cores must be enough for their timing. */
const FILES_AT_A_TIME = 2;
/** No file begins after this: on a machine so slow, an answer in time is worth more than all of it. */
const TIME_MS = 60 * 60_000;

/** Folders whose programs are run by hand, not as tests. */
const BY_HAND = [join(root, 'test', 'load'), join(root, 'test', 'compose')];

async function main() {
  const words = process.argv.slice(2);
  const node = await setUp();
  const redis = await findRedis();
  const files = testFiles(words);
  if (files.length === 0) throw new Stop('There is no test to run.');
  const failed = words.length === 0 ? await failedChecks(node) : [];
  say(`running ${files.length} test files …`);
  const { tests, failed: failedFiles } = await runTests(node, files, redis);
  failed.push(...failedFiles.map((path) => relative(root, path)));
  if (words.length === 0 && !(await containersWork(node))) failed.push('containers');
  if (failed.length > 0) throw new Stop(`Failed: ${failed.join(', ')}.`);
  say(`all is well: ${tests} tests${words.length === 0 ? ', lint, layout, walls' : ''}.`);
}

/** What needs no test run: style, layout, walls. All are run, so that one run tells everything. */
async function failedChecks(node) {
  const rooms = sourceFolders().map((folder) => relative(root, folder));
  const checks = {
    lint: ['eslint/bin/eslint.js', '.'],
    layout: ['prettier/bin/prettier.cjs', '--check', '--log-level=warn', '.'],
    walls: [
      'dependency-cruiser/bin/dependency-cruise.mjs',
      ...['--config', '.dependency-cruiser.cjs', ...rooms, 'test'],
    ],
  };
  const failed = [];
  for (const [name, [tool, ...args]] of Object.entries(checks)) {
    say(`${name} …`);
    const path = join(root, 'node_modules', tool);
    const { code } = await outcome(node, [path, ...args], { cwd: root, quiet: false });
    if (code !== 0) failed.push(name);
  }
  return failed;
}

/** The stack in real containers, where there is an engine for them. */
async function containersWork(node) {
  const reason = await obstacle();
  if (reason !== undefined) {
    say(`the containers are not tried: ${reason}.`);
    return true;
  }
  say('containers …');
  return (await checkCompose(node)) === 0;
}

function sourceFolders() {
  const files = ['libs', 'services'].flatMap((name) => sourceFiles(join(root, name)));
  const folders = files.map((path) => /^.*?\/src(?=\/)/.exec(path)?.[0]);
  return [...new Set(folders.filter((folder) => folder !== undefined))];
}

/** Compiled files of the tests that exist as source; what is left of removed ones never runs. */
function testFiles(words) {
  const sources = ['libs', 'services', 'test'].flatMap((name) => sourceFiles(join(root, name)));
  return sources
    .filter((path) => path.endsWith('.test.ts') && !BY_HAND.includes(dirname(path)))
    .filter(
      (path) => words.length === 0 || words.some((word) => relative(root, path).includes(word)),
    )
    .map(compiled)
    .filter((path) => existsSync(path) || missing(path));
}

function compiled(path) {
  if (path.endsWith('.js')) return path;
  const inTest = join(root, 'test');
  const moved = path.startsWith(`${inTest}/`)
    ? join(inTest, 'dist', relative(inTest, path))
    : path.replace('/src/', '/dist/');
  return moved.replace(/\.ts$/, '.js');
}

function missing(path) {
  throw new Stop(
    `${relative(root, path)} was not built: is its package among the references of tsconfig.json?`,
  );
}

/**
 * Runs all files; then those with a failure once more, one at a time. They test with real sockets,
 * servers and clocks, and a machine that stood still for a while is no fault of the code: a fault
 * fails twice. Whatever needed the second try is named.
 */
async function runTests(node, files, redis) {
  // Node and Redis of our choice come first for whatever the tests start
  const env = { ...process.env, PATH: [dirname(node), process.env.PATH, dirname(redis)].join(':') };
  const untilMs = performance.now() + TIME_MS;
  const first = await runFiles(node, files, { env, atATime: FILES_AT_A_TIME, untilMs });
  if (first.failed.length === 0) return first;
  say(`failed, tried once more alone: ${names(first.failed)}`);
  const second = await runFiles(node, first.failed, { env, atATime: 1, untilMs });
  return { tests: first.tests, failed: second.failed };
}

function names(files) {
  return files.map((path) => relative(root, path)).join(' ');
}

// The files run in groups of their own, which Ctrl-C does not reach: 'exit' ends them
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));
main().catch(fail);
