import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Child } from './child.js';
import { until } from './until.js';

/** The services a stack can start. */
export type ServiceName = 'registry' | 'rendezvous' | 'relay' | 'api' | 'prober';

/** What a replica writes down about itself in RUN_DIR. */
interface RunFile {
  readonly replica: string;
  readonly pid: number;
  readonly opsPort: number;
}

/** How to start one replica. */
export interface ReplicaOptions {
  readonly service: ServiceName;
  /** The compiled entry, `services/<service>/dist/main.js`. */
  readonly entry: string;
  /** Its main port; 0 for a service without one. */
  readonly port: number;
  readonly cwd: string;
  readonly runDir: string;
  readonly env: Readonly<Record<string, string>>;
  /** Command line flags behind the entry. */
  readonly args?: readonly string[];
}

/** One running copy of a service. */
export class Replica {
  readonly service: ServiceName;
  readonly port: number;
  private readonly child: Child;
  private run: RunFile | undefined;

  constructor(private readonly options: ReplicaOptions) {
    this.service = options.service;
    this.port = options.port;
    this.child = new Child({
      command: process.execPath,
      args: [options.entry, ...(options.args ?? [])],
      cwd: options.cwd,
      env: { PATH: process.env['PATH'], RUN_DIR: options.runDir, ...options.env },
    });
  }

  /** The id under which the other replicas know it; empty until it is ready. */
  get id(): string {
    return this.run?.replica ?? '';
  }

  /** The process id. */
  get pid(): number | undefined {
    return this.child.pid;
  }

  /** False once the process has ended. */
  get alive(): boolean {
    return this.child.alive;
  }

  /** Everything it printed. */
  get output(): string {
    return this.child.output;
  }

  /** Its exit code; undefined while it runs, null when a signal ended it. */
  get exitCode(): number | null | undefined {
    return this.child.exitCode;
  }

  /** Returns when it says that it is ready. Rejects with its output when it ends before that. */
  async ready(timeoutMs = 30_000): Promise<this> {
    const what = `${this.service} on port ${String(this.port)} to be ready`;
    try {
      await until(async () => !this.alive || (await this.isReady()), {
        timeoutMs,
        everyMs: 30,
        what,
      });
    } catch (error) {
      throw new Error(`${String(error)}\n${this.output}`, { cause: error });
    }
    if (!this.alive) throw new Error(`${this.service} ended: ${this.output}`);
    return this;
  }

  /** True while it takes work. */
  isReady(): Promise<boolean> {
    return this.affirms('/readyz');
  }

  /** True while its clients may stay with it. */
  isServing(): Promise<boolean> {
    return this.affirms('/serving');
  }

  /** True while its event loop turns. */
  isLive(): Promise<boolean> {
    return this.affirms('/healthz');
  }

  /** Its metrics in Prometheus' text form. */
  async metrics(): Promise<string> {
    const answer = await this.ask('/metrics');
    return answer.text();
  }

  /** The sum of a metric's series whose labels contain all of `labels` ("result=\"ok\""). 0 when there is none. */
  async metric(name: string, ...labels: string[]): Promise<number> {
    const lines = (await this.metrics()).split('\n');
    const own = lines.filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`));
    const matching = own.filter((line) => labels.every((label) => line.includes(label)));
    return matching.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
  }

  /** Resident memory in bytes. */
  async memoryBytes(): Promise<number> {
    const status = await readFile(`/proc/${String(this.pid)}/status`, 'utf8');
    return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1024;
  }

  /** Sends a signal: SIGKILL for a crash, SIGTERM for a drain, SIGSTOP and SIGCONT for a freeze. */
  signal(name: NodeJS.Signals): void {
    this.child.signal(name);
  }

  /** Waits for its end and returns the exit code. */
  finished(timeoutMs = 15_000): Promise<number | null> {
    return this.child.finished(timeoutMs);
  }

  /** Ends it, by force when it does not obey. */
  stop(): Promise<void> {
    return this.child.stop();
  }

  private async affirms(path: string): Promise<boolean> {
    this.run ??= await this.findRunFile();
    if (!this.run) return false;
    const answer = await this.ask(path);
    return answer.status === 200;
  }

  private ask(path: string): Promise<Response> {
    const url = `http://127.0.0.1:${String(this.run?.opsPort ?? 0)}${path}`;
    return fetch(url, { signal: AbortSignal.timeout(3_000) });
  }

  private async findRunFile(): Promise<RunFile | undefined> {
    for (const name of await readdir(this.options.runDir)) {
      if (!name.endsWith('.json')) continue;
      const run: unknown = JSON.parse(await readFile(join(this.options.runDir, name), 'utf8'));
      if (isRunFile(run) && run.pid === this.pid) return run;
    }
    return undefined;
  }
}

function isRunFile(value: unknown): value is RunFile {
  if (typeof value !== 'object' || value === null) return false;
  return 'pid' in value && 'replica' in value && 'opsPort' in value;
}
