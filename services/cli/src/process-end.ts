import { reasonOf } from '@waystation/ops';
import { note } from './output.js';

const EXIT_FAILED = 1;
/** As shells have it: 128 and the number of the signal. */
const SIGNAL_EXITS = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

/** What is done when the process ends. */
const tidying = new Set<() => void>();

/**
 * Has `tidy` done when the process ends, however it ends but by SIGKILL; it must be done when it
 * returns. The returned function forgets it.
 */
export function atEnd(tidy: () => void): () => void {
  tidying.add(tidy);
  return () => void tidying.delete(tidy);
}

/**
 * Runs a command, which returns its exit code, and ends the process with it: in words and tidied up
 * also when a signal breaks the command off, when nobody reads its answer, and when it waits for what
 * never comes, at which Node by itself would end silently.
 */
export function runToEnd(command: () => Promise<number>): void {
  process.once('exit', () => tidying.forEach((tidy) => tidy()));
  process.once('beforeExit', () => {
    fault('the command waits for something that never comes.');
  });
  process.once('uncaughtException', (error) => fault(error.stack ?? error.message));
  for (const [signal, code] of Object.entries(SIGNAL_EXITS)) {
    process.once(signal, () => {
      note(`Broken off (${signal}): it is not done; repeat it.`);
      process.exit(code);
    });
  }
  const isLost = watchOutput();
  void command().then((code) => {
    afterOutput(() => process.exit(isLost() && code === 0 ? EXIT_FAILED : code));
  });
}

/** Output to a pipe may still be on its way, and the news that it failed comes a turn later. */
function afterOutput(end: () => void): void {
  const later = () => setImmediate(end);
  if (process.stdout.writableLength === 0) later();
  else process.stdout.write('', later);
}

function fault(words: string): void {
  note(`This is a fault in waystation: ${words}`);
  process.exit(EXIT_FAILED);
}

/** A reader that closes early, as `head` does, has what it wants; any other loss is told once. */
function watchOutput(): () => boolean {
  let lost = false;
  process.stdout.on('error', (error: Error & { code?: string }) => {
    if (lost || error.code === 'EPIPE') return;
    lost = true;
    note(`The answer cannot be written (${reasonOf(error)}).`);
  });
  // there is nobody left to tell
  process.stderr.on('error', () => undefined);
  return () => lost;
}
