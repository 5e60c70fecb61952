// Whether docker-compose.yml can be tried on this machine, and the trial itself. Node 20 syntax.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { requireFreePorts } from '../../deploy/bare/ports.mjs';
import { outcome } from '../../deploy/bare/run-command.mjs';
import { Stop } from '../../deploy/bare/say.mjs';
import { root } from '../../deploy/bare/setup.mjs';

/** What docker-compose.yml publishes. */
const PORTS = [
  ...[21114, 21115, 21116, 21117, 21118, 21119, 9090, 3000].map((port) => ({ kind: 'tcp', port })),
  { kind: 'udp', port: 21116 },
].map((port) => ({ ...port, setting: 'nothing: the published ports are fixed' }));

const docker = (...args) => spawnSync('docker', args, { stdio: 'ignore' }).status === 0;

/** Whether the engine has this image or can get it. */
export const hasImage = (image) => docker('image', 'inspect', image) || docker('pull', '-q', image);

/** Why the containers cannot be tried here, as the end of a sentence; undefined when they can. */
export async function obstacle() {
  if (!docker('info')) return 'no Docker engine answers (docker info)';
  if (!docker('compose', 'version')) return 'Docker has no Compose here';
  try {
    await requireFreePorts(PORTS, '');
  } catch (error) {
    if (error instanceof Stop) return error.message.replace(/[:.].*$/, '');
    throw error;
  }
  const missing = baseImages().filter((image) => !hasImage(image));
  return missing.length > 0 ? `these images cannot be had: ${missing.join(', ')}` : undefined;
}

/** What the stack is made of, without monitoring. */
function baseImages() {
  const compose = readFileSync(join(root, 'docker-compose.yml'), 'utf8');
  const dockerfile = readFileSync(join(root, 'deploy', 'Dockerfile'), 'utf8');
  const named = [...compose.matchAll(/^ +image: ((?:redis|debian):\S+)$/gm)];
  const from = [...dockerfile.matchAll(/^FROM (\S+:\S+)/gm)];
  return [...new Set([...named, ...from].map((match) => match[1]))];
}

/** Runs the trial with its own output; answers its exit code. */
export async function checkCompose(node, args = []) {
  const check = join(root, 'test', 'compose', 'check.mjs');
  return (await outcome(node, [check, ...args], { cwd: root, quiet: false })).code;
}
