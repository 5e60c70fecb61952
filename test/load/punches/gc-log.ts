import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '@waystation/testkit';

/** One stop of a process for its garbage; `startMs` is milliseconds since 1970. */
export interface Pause {
  readonly startMs: number;
  readonly tookMs: number;
}

interface Allocation {
  readonly allocated: number;
}

/** What Node processes under measurement write down about their garbage, see gc-watch. */
export class GcLog {
  private readonly directory = mkdtempSync(join(tmpdir(), 'load-gc-'));

  /** For NODE_OPTIONS of those processes. */
  get nodeOption(): string {
    const watch = new URL('./gc-watch.js', import.meta.url);
    watch.searchParams.set('directory', this.directory);
    return `--import=${watch.href}`;
  }

  /** Every pause of all of them so far. */
  pauses(): Pause[] {
    return readdirSync(this.directory)
      .flatMap((pid) => this.linesOf(pid))
      .filter((line): line is Pause => 'tookMs' in line);
  }

  /** Bytes that these processes have allocated since they started, all together. */
  async allocatedBytes(pids: readonly number[]): Promise<number> {
    const totals = await Promise.all(pids.map((pid) => this.allocatedBy(pid)));
    return totals.reduce((sum, bytes) => sum + bytes, 0);
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }

  private async allocatedBy(pid: number): Promise<number> {
    const told = this.told(pid).length;
    process.kill(pid, 'SIGUSR2');
    const what = `the allocations of process ${String(pid)}`;
    await until(() => this.told(pid).length > told, { timeoutMs: 10_000, everyMs: 5, what });
    return this.told(pid).at(-1)?.allocated ?? NaN;
  }

  private told(pid: number): Allocation[] {
    return this.linesOf(String(pid)).filter((line): line is Allocation => 'allocated' in line);
  }

  private linesOf(pid: string): (Pause | Allocation)[] {
    try {
      const lines = readFileSync(join(this.directory, pid), 'utf8').split('\n').slice(0, -1);
      return lines.map((line) => JSON.parse(line) as Pause | Allocation);
    } catch {
      // It has not said anything yet.
      return [];
    }
  }
}
