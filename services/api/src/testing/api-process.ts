import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Child, freePort, until } from '@waystation/testkit';
import { Caller } from './caller.js';

const MAIN = fileURLToPath(new URL('../main.js', import.meta.url));

/** The api as the process that ships, with a data folder that outlives it. */
export class ApiProcess {
  readonly folder = mkdtempSync(join(tmpdir(), 'api-process-'));
  #child: Child | undefined;

  constructor(
    private readonly redisUrl: string,
    readonly port: number,
    readonly env: Record<string, string> = {},
  ) {}

  static async make(redisUrl: string, env: Record<string, string> = {}): Promise<ApiProcess> {
    return new ApiProcess(redisUrl, await freePort(), env);
  }

  get caller(): Caller {
    return this.callerWith();
  }

  callerWith(token?: string): Caller {
    return new Caller(`http://127.0.0.1:${this.port}`, token);
  }

  /** What the running process has printed. */
  get output(): string {
    return this.#child?.output ?? '';
  }

  async start(): Promise<void> {
    // a killed process leaves its run file behind
    for (const name of this.#runFiles()) rmSync(name);
    const child = new Child({
      command: process.execPath,
      args: [MAIN],
      cwd: this.folder,
      env: {
        REDIS_URL: this.redisUrl,
        API_PORT: String(this.port),
        WAYSTATION_DATA_DIR: this.folder,
        RUN_DIR: this.folder,
        LOG_LEVEL: 'debug',
        ...this.env,
      },
    });
    this.#child = child;
    await until(async () => !child.alive || (await this.#isUp()), {
      what: 'the api',
      timeoutMs: 60_000,
    });
    if (!child.alive) throw new Error(child.output);
  }

  /** Where the running process answers /readyz and /metrics. */
  get opsPort(): number {
    const [name = ''] = this.#runFiles();
    return (JSON.parse(readFileSync(name, 'utf8')) as { opsPort: number }).opsPort;
  }

  async kill(): Promise<void> {
    this.#child?.signal('SIGKILL');
    await this.#child?.finished(5_000);
  }

  async stop(): Promise<void> {
    await this.#child?.stop();
  }

  /** Ends the process and removes its folder. */
  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  #runFiles(): string[] {
    const names = readdirSync(this.folder).filter((name) => name.endsWith('.json'));
    return names.map((name) => join(this.folder, name));
  }

  /** By its own ops port: on the HTTP port another replica may answer. */
  async #isUp(): Promise<boolean> {
    if (this.#runFiles().length === 0) return false;
    try {
      return (await fetch(`http://127.0.0.1:${this.opsPort}/readyz`)).status === 200;
    } catch {
      // Not listening yet; `until` asks again.
      return false;
    }
  }
}
