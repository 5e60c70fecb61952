import { spawn, type ChildProcessByStdio } from 'node:child_process';
import type { Readable } from 'node:stream';
import { once } from 'node:events';
import { within } from './until.js';

/** How to start a child process. */
export interface ChildOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** The whole environment of the child; nothing is inherited. */
  readonly env: NodeJS.ProcessEnv;
  /** Whom it runs as; default the account of the test. */
  readonly uid?: number;
  readonly gid?: number;
}

// More than any test prints; older text is dropped so that a chatty child cannot fill the memory.
const LOG_LIMIT_CHARACTERS = 8 * 1024 * 1024;

// A test that is cut short must not leave processes behind: whatever still runs is ended with the test process.
const running = new Set<Child>();
process.once('exit', () => {
  for (const child of running) child.signal('SIGKILL');
});
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.once(name, () => process.exit(1));
}

/** A child process with its output collected, ended by its own process id only. */
export class Child {
  private readonly process: ChildProcessByStdio<null, Readable, Readable>;
  private text = '';
  private ended: { code: number | null; signal: NodeJS.Signals | null } | undefined;
  private readonly exit: Promise<unknown>;

  constructor({ command, args, ...options }: ChildOptions) {
    this.process = spawn(command, [...args], {
      ...options,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.process.stdout.on('data', this.collect);
    this.process.stderr.on('data', this.collect);
    this.process.on('error', (error) => {
      this.text += `${error.message}\n`;
      this.ended ??= { code: null, signal: null };
      running.delete(this);
    });
    this.process.on('exit', (code, signal) => {
      this.ended = { code, signal };
      running.delete(this);
    });
    this.exit = once(this.process, 'close').catch(() => undefined);
    running.add(this);
  }

  /** The process id; undefined when the command could not be started. */
  get pid(): number | undefined {
    return this.process.pid;
  }

  /** Everything it printed, stdout and stderr together. */
  get output(): string {
    return this.text;
  }

  /** False once it has ended. */
  get alive(): boolean {
    return this.ended === undefined;
  }

  /** The exit code; undefined while it runs, null when a signal ended it. */
  get exitCode(): number | null | undefined {
    return this.ended?.code;
  }

  /** Sends a signal when it still runs. */
  signal(name: NodeJS.Signals): void {
    if (this.alive) this.process.kill(name);
  }

  /** Waits for its end and returns the exit code. */
  async finished(timeoutMs: number): Promise<number | null> {
    await within(this.exit, timeoutMs, `end of process ${String(this.pid)}`);
    return this.ended?.code ?? null;
  }

  /** Asks it to end (SIGTERM), insists (SIGKILL) after `graceMs`, returns when it is gone. */
  async stop(graceMs = 5_000): Promise<void> {
    if (!this.alive) return;
    this.signal('SIGTERM');
    this.signal('SIGCONT');
    try {
      await this.finished(graceMs);
    } catch {
      // It did not end in time: that is what SIGKILL is for.
      this.signal('SIGKILL');
      await this.finished(5_000);
    }
  }

  private readonly collect = (chunk: Buffer): void => {
    this.text += chunk.toString();
    if (this.text.length > LOG_LIMIT_CHARACTERS) this.text = this.text.slice(-LOG_LIMIT_CHARACTERS);
  };
}
