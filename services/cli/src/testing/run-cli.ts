import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

/** The program itself. */
export const MAIN = fileURLToPath(new URL('../main.js', import.meta.url));

/** How a run of the command ended. */
export interface Outcome {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs the command in a folder; `env` is all of its settings. */
export async function runCli(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  cwd: string,
  input: Buffer | string = '',
): Promise<Outcome> {
  const child = spawn(process.execPath, [MAIN, ...args], { cwd, env });
  // a command that ends without reading its input closes the pipe
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  const closed = new Promise<number | null>((resolve) => child.once('close', resolve));
  const [code, out, err] = await Promise.all([closed, text(child.stdout), text(child.stderr)]);
  return { code, out, err };
}
