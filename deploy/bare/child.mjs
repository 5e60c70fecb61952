import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { say } from './say.mjs';

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;
/** A program that ran this long was well, so the next fall begins with the short pause again. */
const WELL_AFTER_MS = 60_000;

/**
 * One program under watch: its lines are printed behind its label, and when it falls after it was
 * trusted (`keep`) it is started again, each time after a longer pause.
 */
export class Child {
  #process;
  #pauseMs = FIRST_PAUSE_MS;
  #startedAt = 0;
  #kept = false;
  #ending = false;
  #timer;

  constructor(label, command, args, { cwd, env }) {
    this.label = label;
    this.start = () => this.#start(command, args, cwd, env);
    /** Settles with the exit code when the program ends and is not started again. */
    this.ended = new Promise((resolve) => {
      this.resolveEnded = resolve;
    });
  }

  /** From now on a fall is an accident, not a failed start. */
  keep() {
    this.#kept = true;
  }

  get pid() {
    return this.#process?.pid;
  }

  #start(command, args, cwd, env) {
    this.#startedAt = Date.now();
    // a group of its own: Ctrl-C reaches us alone, and we decide the order of the end
    const child = spawn(command, args, {
      cwd,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    this.#process = child;
    this.#print(child.stdout, process.stdout);
    this.#print(child.stderr, process.stderr);
    child.on('error', (error) => say(`${this.label} cannot be started: ${error.message}`));
    child.on('close', (code, signal) => this.#closed(code, signal));
  }

  #print(from, to) {
    const lines = createInterface({ input: from, crlfDelay: Infinity });
    // lines of JSON are for machines: they name their service themselves
    lines.on('line', (line) =>
      to.write(line.startsWith('{') ? `${line}\n` : `${this.label.padEnd(12)} │ ${line}\n`),
    );
  }

  #closed(code, signal) {
    if (this.#ending || !this.#kept) return this.resolveEnded(code ?? 1);
    if (Date.now() - this.#startedAt > WELL_AFTER_MS) this.#pauseMs = FIRST_PAUSE_MS;
    const pauseMs = this.#pauseMs;
    this.#pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
    say(
      `${this.label} fell (${signal ?? `exit code ${code}`}); starting it again in ${pauseMs / 1000} s`,
    );
    this.#timer = setTimeout(this.start, pauseMs);
  }

  /** Ends the program: politely, and by force after `patienceMs`. */
  async end(patienceMs) {
    this.#ending = true;
    clearTimeout(this.#timer);
    if (!this.running) return;
    this.#signal('SIGTERM');
    const force = setTimeout(() => this.#signal('SIGKILL'), patienceMs);
    await this.ended;
    clearTimeout(force);
  }

  /** Ends the program at once. */
  kill() {
    this.#ending = true;
    clearTimeout(this.#timer);
    this.#signal('SIGKILL');
  }

  get running() {
    const child = this.#process;
    return child?.pid !== undefined && child.exitCode === null && child.signalCode === null;
  }

  #signal(name) {
    if (this.running) this.#process.kill(name);
  }
}
