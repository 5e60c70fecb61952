import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { root } from '../deploy/bare/setup.mjs';

/** One test that takes longer fails. */
const TEST_LIMIT_MS = 180_000;
/** A file that takes longer hangs: it is ended with all that it started, and counts as failed. */
const FILE_LIMIT_MS = 360_000;
const reporter = fileURLToPath(new URL('outcome.mjs', import.meta.url));

/**
 * Runs test files, each in a process of its own, `atATime` of them side by side; the output of a
 * file is shown when it has ended. What a file leaves behind (a server it started, say) is ended
 * with it. Files that would begin after `untilMs` (of `performance.now()`) are not run and count as
 * failed. Returns how many tests there were, and the files that failed.
 */
export async function runFiles(node, files, { env, atATime, untilMs }) {
  const waiting = [...files];
  const failed = [];
  let tests = 0;
  const worker = async () => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
      const result = performance.now() < untilMs ? await runFile(node, file, env) : notRun(file);
      process.stdout.write(result.output);
      tests += result.tests;
      if (!result.isGood) failed.push(file);
    }
  };
  await Promise.all(Array.from({ length: atATime }, worker));
  return { tests, failed };
}

function notRun(file) {
  return { tests: 0, isGood: false, output: `✖ ${relative(root, file)}: no time was left\n` };
}

/** Runs one file to its end, or to the end of its time. */
async function runFile(node, file, env) {
  const folder = mkdtempSync(join(tmpdir(), 'waystation-test-'));
  const report = join(folder, 'outcome');
  const args = [
    `--test-timeout=${TEST_LIMIT_MS}`,
    '--enable-source-maps',
    '--test-reporter=spec',
    '--test-reporter-destination=stdout',
    `--test-reporter=${reporter}`,
    `--test-reporter-destination=${report}`,
    file,
  ];
  const startMs = performance.now();
  const { code, output, isLate } = await ended(node, args, env);
  const seconds = Math.round((performance.now() - startMs) / 1000);
  const lines = linesOf(report);
  rmSync(folder, { recursive: true, force: true });
  const tests = lines.at(-1)?.tests ?? 0;
  const texts = [`waystation   │ ${relative(root, file)}, ${seconds} s\n`, output];
  if (isLate) texts.push(lateText(file, lines));
  return { tests, isGood: code === 0 && tests > 0, output: texts.join('') };
}

/** What the reporter wrote, line by line; a file that did not come so far wrote nothing. */
function linesOf(report) {
  const text = existsSync(report) ? readFileSync(report, 'utf8') : '';
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));
}

function lateText(file, lines) {
  const failures = lines.filter((line) => line.error !== undefined);
  const known = failures.map(({ name, error }) => `✖ ${name}\n${error}\n`).join('');
  return `${known}✖ ${relative(root, file)}: not over after ${FILE_LIMIT_MS / 1000} s, ended\n`;
}

/** A process group of its own for every file: its end takes everything along. */
function ended(node, args, env) {
  return new Promise((resolve) => {
    const child = spawn(node, args, { cwd: root, env, detached: true, stdio: 'pipe' });
    const chunks = [];
    child.stdout.on('data', (chunk) => chunks.push(chunk));
    child.stderr.on('data', (chunk) => chunks.push(chunk));
    let isLate = false;
    const stop = () => endGroup(child);
    const limit = setTimeout(() => {
      isLate = true;
      stop();
    }, FILE_LIMIT_MS);
    process.once('exit', stop);
    child.on('error', (error) => chunks.push(Buffer.from(`${error.message}\n`)));
    // Whoever outlives the file holds its output open: 'exit' first, then the group, then 'close'
    child.on('exit', stop);
    child.on('close', (code) => {
      clearTimeout(limit);
      process.removeListener('exit', stop);
      resolve({ code: code ?? 1, output: Buffer.concat(chunks).toString(), isLate });
    });
  });
}

function endGroup({ pid }) {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}
