// `npm test`: set-up, build, lint, walls, then every test. Node 20 syntax, no packages.
//   npm test                  everything
//   npm test -- relay walls   only test files whose path contains one of the words; no lint
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { findRedis } from '../deploy/bare/redis.mjs';
import { outcome } from '../deploy/bare/run-command.mjs';
import { Stop, fail, say } from '../deploy/bare/say.mjs';
import { root, setUp, sourceFiles } from '../deploy/bare/setup.mjs';
import { checkCompose, obstacle } from './compose/engine.mjs';

/** Files at a time: the tests start real servers, and two cores must be enough for their timing. */
const FILES_AT_A_TIME = 2;
/** A test that takes longer than this hangs. */
const TEST_TIMEOUT_MS = 300_000;

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
  const summary = await runTests(node, files, redis);
  if (summary.tests === 0) failed.push('tests (not a single one ran)');
  if (summary.code !== 0) failed.push('tests');
  if (words.length === 0 && !(await containersWork(node))) failed.push('containers');
  if (failed.length > 0) throw new Stop(`Failed: ${failed.join(', ')}.`);
  say(`all is well: ${summary.tests} tests${words.length === 0 ? ', lint, layout, walls' : ''}.`);
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
  const first = await runFiles(node, files, redis, FILES_AT_A_TIME);
  if (first.code === 0 || first.failed.length === 0) return first;
  say(
    `failed, tried once more alone: ${first.failed.map((path) => relative(root, path)).join(' ')}`,
  );
  const second = await runFiles(node, first.failed, redis, 1);
  return { ...second, tests: first.tests };
}

async function runFiles(node, files, redis, atATime) {
  const folder = mkdtempSync(join(tmpdir(), 'waystation-test-'));
  const report = join(folder, 'outcome');
  const args = [
    '--test',
    `--test-concurrency=${atATime}`,
    `--test-timeout=${TEST_TIMEOUT_MS}`,
    '--enable-source-maps',
    '--test-reporter=spec',
    '--test-reporter-destination=stdout',
    `--test-reporter=${join(root, 'test', 'outcome.mjs')}`,
    `--test-reporter-destination=${report}`,
    ...files,
  ];
  // Node and Redis of our choice come first for whatever the tests start
  const PATH = [dirname(node), process.env.PATH, dirname(redis)].join(':');
  const child = spawn(node, args, { cwd: root, stdio: 'inherit', env: { ...process.env, PATH } });
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
  const code = await new Promise((resolve) => child.on('close', (status) => resolve(status ?? 1)));
  const { tests, failed } = outcomeOf(report);
  rmSync(folder, { recursive: true, force: true });
  return { code, tests, failed: failed.map(compiled) };
}

/** What the reporter wrote; a run that was cut off wrote nothing. */
function outcomeOf(report) {
  const text = existsSync(report) ? readFileSync(report, 'utf8') : '';
  return text === '' ? { tests: 0, failed: [] } : JSON.parse(text);
}

main().catch(fail);
