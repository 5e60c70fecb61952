import type { Attempt } from './attempt.js';
import type { Caller } from './callers.js';
import type { Context } from './context.js';
import type { Outcome } from './refusals.js';

/** A caller that hangs up earlier than this has left; one that waited so long got no answer (protocol 1.3). */
const PATIENCE_MS = 15_000;

/** Notes how an attempt ended, once: in the metric, in the log and in the stream of attempts. */
export function finish(ctx: Context, caller: Caller, attempt: Attempt, outcome: Outcome): void {
  if (attempt.outcome !== undefined) return;
  attempt.outcome = outcome;
  const tookMs = attempt.age(ctx.clock());
  if (attempt.isProbe) return ctx.counters.probe(outcome);
  ctx.counters.outcome(outcome);
  ctx.records.attempt(attempt, caller, outcome, tookMs);
  ctx.log.info('attempt', {
    attempt: attempt.name,
    asked: attempt.asked,
    outcome,
    callerIp: caller.remote.ip,
    callee: attempt.callee,
    user: attempt.user?.name,
    uuid: attempt.uuid === '' ? undefined : attempt.uuid,
    tookMs,
  });
}

/** The caller's connection has closed: what has no outcome by now gets none from anybody else. */
export function abandon(ctx: Context, caller: Caller, reason: string): void {
  for (const attempt of caller.all()) {
    if (attempt.outcome === undefined)
      finish(ctx, caller, attempt, outcomeOf(ctx, attempt, reason));
  }
}

function outcomeOf(ctx: Context, attempt: Attempt, reason: string): Outcome {
  if (reason === 'shutdown') return 'replica-ended';
  const waited = reason === 'idle' || attempt.age(ctx.clock()) >= PATIENCE_MS;
  return waited ? 'unanswered' : 'caller-gone';
}
