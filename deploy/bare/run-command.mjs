import { spawn } from 'node:child_process';
import { Stop } from './say.mjs';

/**
 * Runs a command to its end. Its output is shown while it runs, or with `quiet` only if it fails.
 * Throws Stop, with `purpose` as the beginning of the sentence.
 */
export async function run(command, args, { cwd, env = process.env, quiet = false, purpose }) {
  const { code, output } = await outcome(command, args, { cwd, env, quiet });
  if (code === 0) return;
  if (quiet) process.stderr.write(output);
  throw new Stop(`${purpose} failed (${[command, ...args].join(' ')}).`);
}

/**
 * Runs a command to its end, or until `limitMs` are over, and says how it went; never throws.
 */
export function outcome(command, args, { cwd, env = process.env, quiet = true, limitMs = 0 }) {
  return new Promise((resolve) => {
    const stdio = ['ignore', quiet ? 'pipe' : 'inherit', quiet ? 'pipe' : 'inherit'];
    const child = spawn(command, args, {
      cwd,
      env,
      stdio,
      timeout: limitMs,
      killSignal: 'SIGKILL',
    });
    let output = '';
    const keep = (chunk) => {
      output = (output + chunk).slice(-20_000);
    };
    child.stdout?.on('data', keep);
    child.stderr?.on('data', keep);
    child.on('error', (error) => resolve({ code: 127, output: `${error.message}\n` }));
    child.on('close', (code) => resolve({ code: code ?? 1, output }));
  });
}
