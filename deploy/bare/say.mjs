/** A reason to stop that is whole as it stands: one sentence with the remedy, no stack needed. */
export class Stop extends Error {}

let stream = process.stdout;

/** Keeps our lines apart from an answer that goes to stdout. */
export function sayOnStderr() {
  stream = process.stderr;
}

/**
 * A reader that is gone (`npm start | tee log`, where Ctrl-C ends tee as well) must not end us: what
 * we have started would run on without anybody to end it.
 */
export function outliveReader() {
  for (const output of [process.stdout, process.stderr]) output.on('error', () => undefined);
}

/** One line of our own among the lines of the programs that we start. */
export function say(text) {
  stream.write(`waystation   │ ${text}\n`);
}

/** Prints on stderr why something went wrong. */
export function report(error) {
  const text = error instanceof Stop ? error.message : (error?.stack ?? String(error));
  for (const line of text.split('\n')) process.stderr.write(`waystation   │ ${line}\n`);
}

/** Prints why a program cannot go on, and ends with exit code 1. */
export function fail(error) {
  report(error);
  process.exit(1);
}
