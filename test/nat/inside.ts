import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { within } from '@waystation/testkit';

type Answer = Record<string, unknown>;

/** A program inside a namespace that answers lines of JSON. */
export class Inside {
  private readonly waiting = new Map<number, (answer: Answer) => void>();
  private count = 0;

  constructor(private readonly child: ChildProcess) {
    if (!child.stdout) throw new Error('the program has no output');
    createInterface({ input: child.stdout }).on('line', (line) => {
      const answer = JSON.parse(line) as Answer;
      const number = Number(answer['n']);
      this.waiting.get(number)?.(answer);
      this.waiting.delete(number);
    });
  }

  /** Asks and waits; rejects when the answer is an `error` or does not come. */
  async ask(request: Answer, timeoutMs = 40_000): Promise<Answer> {
    const n = ++this.count;
    const answered = new Promise<Answer>((resolve) => this.waiting.set(n, resolve));
    this.child.stdin?.write(`${JSON.stringify({ ...request, n })}\n`);
    const answer = await within(answered, timeoutMs, `answer to ${JSON.stringify(request)}`);
    if (typeof answer['error'] === 'string') throw new Error(answer['error']);
    return answer;
  }

  /** Ends it in order, by force after 8 s. */
  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const gone = once(this.child, 'exit');
    this.child.stdin?.end();
    await within(gone, 8_000, 'end of a program').catch(async () => {
      this.child.kill('SIGKILL');
      await gone;
    });
  }
}
