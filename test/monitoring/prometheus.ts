import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Child, freePort, until } from '@waystation/testkit';

const FOLDER = fileURLToPath(new URL('../../../deploy/prometheus/', import.meta.url));
const READY_MS = 30_000;

/** One series of an answer: its labels and its value now. */
export interface Found {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [seconds: number, value: string];
}

/** An alert that waits or fires. */
export interface Alert {
  readonly labels: Readonly<Record<string, string>>;
  readonly state: string;
}

/** A real Prometheus on loopback with the configuration of deploy/prometheus, fifteen times as fast. */
export class Prometheus {
  private constructor(
    private readonly child: Child,
    private readonly url: string,
    private readonly directory: string,
  ) {}

  /** Starts it; `directoryUrl` is the registry's list, `token` what it sends there and to the replicas. */
  static async start(directoryUrl: string, token: string): Promise<Prometheus> {
    const directory = await mkdtemp(join(tmpdir(), 'monitoring-prometheus-'));
    await mkdir(join(directory, 'data'));
    const config = await readFile(join(FOLDER, 'prometheus.yml'), 'utf8');
    const mine = config
      .replace('http://registry:9100/sd', directoryUrl)
      .replaceAll('/tmp/metrics-token', join(directory, 'token'))
      .replaceAll(': 15s', ': 1s');
    await writeFile(join(directory, 'prometheus.yml'), mine);
    await writeFile(join(directory, 'rules.yml'), await readFile(join(FOLDER, 'rules.yml')));
    await writeFile(join(directory, 'token'), token);
    const address = `127.0.0.1:${String(await freePort())}`;
    const args = ['--config.file=prometheus.yml', '--storage.tsdb.path=data'];
    const child = new Child({
      command: 'prometheus',
      args: [...args, `--web.listen-address=${address}`],
      cwd: directory,
      env: { PATH: process.env['PATH'] },
    });
    const prometheus = new Prometheus(child, `http://${address}`, directory);
    try {
      await until(() => prometheus.isReady(), { timeoutMs: READY_MS, what: 'Prometheus' });
    } catch (error) {
      await prometheus.stop();
      throw new Error(`${String(error)}\n${child.output}`, { cause: error });
    }
    return prometheus;
  }

  /** What an expression gives now. Throws what Prometheus says against it. */
  async query(expression: string): Promise<Found[]> {
    const parameters = new URLSearchParams({ query: expression });
    const { result } = (await this.ask(`query?${parameters.toString()}`)) as { result: Found[] };
    return result;
  }

  /** Alerts whose expression is true now. */
  async alerts(): Promise<Alert[]> {
    return ((await this.ask('alerts')) as { alerts: Alert[] }).alerts;
  }

  async stop(): Promise<void> {
    await this.child.stop();
    await rm(this.directory, { recursive: true, force: true });
  }

  private async isReady(): Promise<boolean> {
    if (!this.child.alive) throw new Error('Prometheus ended');
    try {
      return (await fetch(`${this.url}/-/ready`)).ok;
    } catch {
      // not listening yet
      return false;
    }
  }

  private async ask(what: string): Promise<unknown> {
    const answer = await fetch(`${this.url}/api/v1/${what}`);
    const { data, error } = (await answer.json()) as { data?: unknown; error?: string };
    if (data === undefined) throw new Error(`${what}: ${String(error)}`);
    return data;
  }
}
