import type { ChildProcess } from 'node:child_process';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Answers, Orders } from './orders.js';

/** One generator process, as the conductor sees it. */
export class Side {
  readonly #child: ChildProcess;

  constructor() {
    this.#child = fork(fileURLToPath(new URL('./side.js', import.meta.url)), {
      execArgv: ['--max-semi-space-size=32'],
    });
  }

  /** Gives an order and waits for its answer; orders are not overlapped. */
  async do<N extends keyof Orders>(name: N, order: Orders[N]): Promise<Answers[N]> {
    this.#child.send({ name, order });
    const [answer] = (await once(this.#child, 'message')) as [
      { value?: Answers[N]; error?: string },
    ];
    if (answer.error !== undefined) throw new Error(`${name}: ${answer.error}`);
    return answer.value as Answers[N];
  }

  stop(): void {
    this.#child.kill('SIGKILL');
  }
}
