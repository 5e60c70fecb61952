import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { FleetCounts, FleetOptions } from './fleet-devices.js';
import type { FleetOrder } from './fleet-generator.js';

/** The devices, in a process of their own. */
export class FleetProcess {
  private readonly child: ChildProcess;

  constructor(options: FleetOptions) {
    const program = fileURLToPath(new URL('./fleet-generator.js', import.meta.url));
    this.child = fork(program, [JSON.stringify(options)]);
  }

  /** Begins to count anew. */
  mark(): void {
    this.tell('mark');
  }

  /** What happened since the last mark. */
  async read(): Promise<FleetCounts> {
    const answer = once(this.child, 'message');
    this.tell('read');
    const [counts] = (await answer) as [FleetCounts];
    return counts;
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || !this.child.connected) return;
    const ended = once(this.child, 'exit');
    this.tell('stop');
    await ended;
  }

  private tell(order: FleetOrder): void {
    this.child.send(order);
  }
}
