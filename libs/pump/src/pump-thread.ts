import { parentPort, workerData } from 'node:worker_threads';
import { epollLayout } from './epoll-layout.js';
import { openLibc } from './libc.js';
import { PumpLoop } from './pump-loop.js';
import { selfCheck } from './self-check.js';
import { SharedMemory } from './shared-memory.js';

/** What Node gives the pump thread at its start. */
export interface ThreadData {
  readonly memory: SharedArrayBuffer;
  readonly capacity: number;
  readonly bell: number;
  readonly sweepMs: number;
}

/** What the pump thread posts to Node. */
export type ThreadMessage =
  | { readonly kind: 'ready' }
  | { readonly kind: 'unable'; readonly reason: string }
  | { readonly kind: 'ended' };

/** The body of the pump thread; returns when Node ordered the stop. */
function runThread(data: ThreadData, post: (message: ThreadMessage) => void): void {
  const layout = epollLayout(process.arch);
  if (layout === undefined) throw new Error(`the pump does not know ${process.arch}`);
  const libc = openLibc();
  selfCheck(libc, layout);
  const loop = new PumpLoop({
    libc,
    layout,
    shared: new SharedMemory(data.memory, data.capacity),
    bell: data.bell,
    sweepMs: data.sweepMs,
    announce: () => {
      post({ kind: 'ended' });
    },
  });
  post({ kind: 'ready' });
  loop.run();
}

if (parentPort !== null) {
  const port = parentPort;
  const data = workerData as ThreadData;
  try {
    runThread(data, (message) => {
      port.postMessage(message);
    });
  } catch (error) {
    port.postMessage({
      kind: 'unable',
      reason: error instanceof Error ? error.message : String(error),
    });
  }
}
