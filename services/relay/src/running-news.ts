import type { RecordStream, RunningSession } from '@waystation/state';
import type { Session } from './session.js';

/** What fails or is tried by mistake is over by then. */
const FIRST_MS = 2_000;
/** The api takes a session for lost when it has not heard of it three times. */
const EVERY_MS = 60_000;
const LOOK_MS = 1_000;

/** Tells of the sessions that run: of each when it has lasted a little, and then once a minute. */
export class RunningNews {
  readonly #running: ReadonlySet<Session>;
  readonly #stream: RecordStream<RunningSession>;
  readonly #newsOf: (session: Session) => RunningSession | undefined;
  /** How old a session was when it was told of. */
  readonly #toldMs = new WeakMap<Session, number>();
  #timer: NodeJS.Timeout | undefined;

  /** @param newsOf what is told of a session; undefined: nothing */
  constructor(
    running: ReadonlySet<Session>,
    stream: RecordStream<RunningSession>,
    newsOf: (session: Session) => RunningSession | undefined,
  ) {
    this.#running = running;
    this.#stream = stream;
    this.#newsOf = newsOf;
  }

  start(): void {
    this.#timer = setInterval(() => this.look(), LOOK_MS).unref();
  }

  stop(): Promise<void> {
    clearInterval(this.#timer);
    return this.#stream.stop();
  }

  /** Tells of those whose time has come. */
  look(): void {
    for (const session of this.#running) {
      const ageMs = session.durationMs;
      const toldMs = this.#toldMs.get(session);
      if (ageMs < (toldMs === undefined ? FIRST_MS : toldMs + EVERY_MS)) continue;
      this.#toldMs.set(session, ageMs);
      const news = this.#newsOf(session);
      if (news !== undefined) this.#stream.add(news);
    }
  }
}
