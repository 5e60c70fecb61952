import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { PerformanceObserver } from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';

/**
 * Loaded into a server ahead of its own code (`--import gc-watch.js?directory=PATH`): writes down each
 * pause for garbage, and at SIGUSR2 how many bytes were allocated since the start. A JSON text per line.
 */
const directory = new URL(import.meta.url).searchParams.get('directory') ?? '.';

new PerformanceObserver((list) => {
  for (const { startTime, duration } of list.getEntries()) {
    say({ startMs: performance.timeOrigin + startTime, tookMs: duration });
  }
}).observe({ entryTypes: ['gc'] });

process.on('SIGUSR2', () => say({ allocated: getHeapStatistics().total_allocated_bytes }));

function say(fact: object): void {
  appendFileSync(join(directory, String(process.pid)), `${JSON.stringify(fact)}\n`);
}
