import type { RecordStream, TokenOwner } from '@waystation/state';
import { limiterKey } from '@waystation/wire';
import type { Attempt, Step } from './attempt.js';
import { RateLimiter, type Rate } from './attempt-limits.js';
import type { Clock } from './clock.js';
import type { Outcome } from './refusals.js';

/** How an attempt ended; `kind` tells the two records of the stream `attempts` apart. */
export interface AttemptRecord {
  readonly kind: 'attempt';
  readonly attempt: string;
  readonly asked: 'punch' | 'relay';
  readonly outcome: Outcome;
  /** When it began, milliseconds since 1970. */
  readonly startedAt: number;
  readonly tookMs: number;
  readonly callerIp: string;
  readonly callerTransport: 'tcp' | 'ws';
  readonly callee: string;
  /** Empty until the callee was found. */
  readonly calleeIp: string;
  /** Id and name of the account; empty for a caller that is not known to be logged in. */
  readonly user: string;
  readonly userName: string;
  /** Relay uuid; empty without a relay. */
  readonly uuid: string;
  readonly replica: string;
  readonly steps: readonly Step[];
}

/** A session that its caller has shown to live, or to have ended (protocol 6.14). */
export interface SessionRecord {
  readonly kind: 'session-began' | 'session-ended';
  /** The attempt it came from; empty when that is not known. */
  readonly attempt: string;
  /** When this happened, milliseconds since 1970. */
  readonly at: number;
  /** 0 when it begins. */
  readonly lastedMs: number;
  readonly callerIp: string;
  readonly user: string;
  readonly userName: string;
  /** Why it ended; empty when it begins. */
  readonly reason: string;
  readonly replica: string;
}

/** Who has asked, as far as a record tells. */
export interface RecordedCaller {
  readonly remote: { readonly ip: string };
  readonly transport: 'tcp' | 'ws';
}

/**
 * Failures of one source that are recorded: the stream is short, and somebody who tries a thousand
 * times in vain must not push out what others want to know.
 */
const FAILURES_PER_SOURCE: Rate = { perMinute: 60, burst: 60 };

const REACHED: ReadonlySet<Outcome> = new Set(['direct', 'local', 'relay']);

/** Turns what ended into records of the stream `attempts`. Nothing here waits for Redis. */
export class AttemptRecords {
  private readonly failures: RateLimiter;
  private leftOut = 0;

  constructor(
    private readonly stream: Pick<
      RecordStream<AttemptRecord | SessionRecord>,
      'add' | 'stop' | 'dropped' | 'backlog'
    >,
    private readonly replica: string,
    clock: Clock,
  ) {
    this.failures = new RateLimiter(FAILURES_PER_SOURCE, clock);
  }

  /** Records that were lost because Redis was away for too long, or left out as too many of one source. */
  get dropped(): number {
    return this.stream.dropped + this.leftOut;
  }

  /** Records that Redis has not taken yet. */
  get backlog(): number {
    return this.stream.backlog;
  }

  attempt(attempt: Attempt, caller: RecordedCaller, outcome: Outcome, tookMs: number): void {
    if (!REACHED.has(outcome) && !this.failures.take(limiterKey(caller.remote.ip))) {
      this.leftOut += 1;
      return;
    }
    const { name, asked, startedAt, callee, calleeIp, user, uuid, steps } = attempt;
    this.stream.add({
      kind: 'attempt',
      attempt: name,
      asked,
      outcome,
      startedAt,
      tookMs,
      callerIp: caller.remote.ip,
      callerTransport: caller.transport,
      callee,
      calleeIp,
      user: user?.user ?? '',
      userName: user?.name ?? '',
      uuid,
      replica: this.replica,
      steps,
    });
  }

  session(
    kind: SessionRecord['kind'],
    owner: TokenOwner,
    facts: Pick<SessionRecord, 'attempt' | 'callerIp' | 'lastedMs' | 'reason'>,
  ): void {
    const { user, name: userName } = owner;
    this.stream.add({ kind, at: Date.now(), user, userName, replica: this.replica, ...facts });
  }

  /** Writes what waits, once more; see RecordStream.stop. */
  async stop(): Promise<void> {
    await this.stream.stop();
  }
}
