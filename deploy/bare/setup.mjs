// What `npm start` and `npm test` need on a fresh clone. Plain JavaScript for Node 20 without any
// package: it runs before there is one, on whatever Node the system has.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { outcome, run } from './run-command.mjs';
import { Stop, say } from './say.mjs';

/** The folder of package.json. */
export const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

const RUNTIME_MAJOR = 26;
const INSTALL_STALL_MS = 180_000;
const modules = join(root, 'node_modules');
const installMark = join(modules, '.waystation-lock');
const buildMark = join(modules, '.waystation-built');

/** Installs and builds what is missing or older than its source; returns the path of Node 26. */
export async function setUp() {
  requireSystemNode();
  await install();
  const node = runtime();
  await build(node);
  return node;
}

function requireSystemNode() {
  const major = Number(process.versions.node.split('.')[0]);
  if (major < 20) {
    throw new Stop(`Node 20 or later is needed, this is ${process.version}: install a newer Node.`);
  }
}

async function install() {
  if (isInstalled()) return;
  say('installing packages (npm ci) …');
  // under `npm start` the very npm that runs us; else the one on PATH
  const npm = process.env.npm_execpath;
  const args = ['ci', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error'];
  const [command, all] = npm?.endsWith('.js') ? [process.execPath, [npm, ...args]] : ['npm', args];
  // a download that stalls keeps npm waiting for very long: a second try mostly finds the rest at once
  const first = await outcome(command, all, { cwd: root, limitMs: INSTALL_STALL_MS });
  if (first.code !== 0) {
    await run(command, all, { cwd: root, quiet: true, purpose: 'Installing the packages' });
  }
  writeFileSync(installMark, lockHash());
}

/** Either we installed exactly this lock file, or a person's npm did so after it last changed. */
function isInstalled() {
  const npmMark = join(modules, '.package-lock.json');
  if (!existsSync(npmMark)) return false;
  if (existsSync(installMark) && readFileSync(installMark, 'utf8') === lockHash()) return true;
  return statSync(npmMark).mtimeMs >= statSync(join(root, 'package-lock.json')).mtimeMs;
}

function lockHash() {
  return createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
}

/** The pinned Node from node_modules; where no package holds one, the system's, if new enough. */
function runtime() {
  const pinned = join(modules, `node-${process.platform}-${process.arch}`, 'bin', 'node');
  if (existsSync(pinned)) return pinned;
  if (Number(process.versions.node.split('.')[0]) >= RUNTIME_MAJOR) return process.execPath;
  throw new Stop(
    `There is no packaged Node ${RUNTIME_MAJOR} for ${process.platform} on ${process.arch}: install Node ${RUNTIME_MAJOR} or later and try again (this is ${process.version}).`,
  );
}

async function build(node) {
  if (isBuilt()) return;
  say('building …');
  const begun = new Date();
  const purpose = 'Building';
  await run(node, ['libs/wire/generate.mjs'], { cwd: root, quiet: true, purpose });
  const tsc = join(modules, 'typescript', 'bin', 'tsc');
  await run(node, [tsc, '-b'], { cwd: root, quiet: true, purpose });
  writeFileSync(buildMark, begun.toISOString());
}

function isBuilt() {
  if (!existsSync(buildMark)) return false;
  const builtAt = Date.parse(readFileSync(buildMark, 'utf8'));
  const sources = ['libs', 'services', 'test', 'proto'].flatMap((folder) =>
    sourceFiles(join(root, folder)),
  );
  sources.push(join(root, 'tsconfig.base.json'), join(root, 'package-lock.json'));
  if (sources.some((path) => statSync(path).mtimeMs >= builtAt)) return false;
  const programs = readdirSync(join(root, 'services')).filter((name) =>
    existsSync(join(root, 'services', name, 'tsconfig.json')),
  );
  return programs.every((name) => existsSync(join(root, 'services', name, 'dist', 'main.js')));
}

/** Every file below a folder that is not made by the build. */
export function sourceFiles(folder) {
  const found = [];
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (['dist', 'generated', 'node_modules'].includes(entry.name)) continue;
    if (entry.name.endsWith('.tsbuildinfo')) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) found.push(...sourceFiles(path));
    else if (entry.isFile()) found.push(path);
  }
  return found;
}
