import { Worker } from 'node:worker_threads';
import type { Libc } from './libc.js';
import { O_CLOEXEC, O_NONBLOCK } from './linux.js';
import type { ThreadData, ThreadMessage } from './pump-thread.js';
import { SharedMemory } from './shared-memory.js';

/** Settings of a pump; all have defaults. */
export interface PumpOptions {
  /** The most pairs at a time, rounded up to a power of two. Default 65,536. */
  readonly maxPairs?: number;
  /** Time between two looks for idle pairs. Default 3,000 ms, as upstream's relay. */
  readonly sweepMs?: number;
}

/** A thread that was started and has not said yet whether it can work. */
export interface Launched {
  readonly libc: Libc;
  readonly worker: Worker;
  readonly data: ThreadData;
  /** Resolves to the reason why it cannot, `undefined` when it can. */
  readonly verdict: Promise<string | undefined>;
}

/**
 * Starts the pump thread.
 * @throws Error when the kernel gives no eventfd.
 */
export function launch(libc: Libc, options: PumpOptions): Launched {
  const bell = libc.eventfd(0, O_NONBLOCK | O_CLOEXEC);
  if (bell < 0) throw new Error(`eventfd failed with errno ${String(libc.errno())}`);
  const capacity = 2 ** Math.ceil(Math.log2(Math.max(2, options.maxPairs ?? MAX_PAIRS)));
  const data: ThreadData = {
    memory: SharedMemory.allocate(capacity),
    capacity,
    bell,
    sweepMs: options.sweepMs ?? SWEEP_MS,
  };
  const worker = new Worker(new URL('./pump-thread.js', import.meta.url), {
    name: 'pump',
    // The process may have flags that make no sense for a thread.
    execArgv: [],
    workerData: data,
  });
  worker.unref();
  return { libc, worker, data, verdict: firstVerdict(worker) };
}

/** Keeps the process alive until the thread has spoken, and no longer. */
async function firstVerdict(worker: Worker): Promise<string | undefined> {
  worker.ref();
  try {
    return await new Promise((resolve) => {
      worker.once('message', (message: ThreadMessage) => {
        resolve(message.kind === 'unable' ? message.reason : undefined);
      });
      worker.once('error', (error: Error) => {
        resolve(error.message);
      });
      worker.once('exit', () => {
        resolve('the pump thread ended at once');
      });
    });
  } finally {
    worker.unref();
  }
}

const MAX_PAIRS = 65_536;
const SWEEP_MS = 3_000;
