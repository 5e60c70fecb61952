import type { AnswerSignal, MessageName, Messages } from '@waystation/wire';
import { encodeMessage } from '@waystation/wire';
import { callerKeyOf } from './answers.js';
import type { AnswerKind } from './callers.js';
import type { Context } from './context.js';
import type { Sender } from './sender.js';

/**
 * A callee's answer on a connection made for it: find the replica that holds its caller, hand it
 * over, hang up (protocol 6.8, 6.10). Whether it counts is decided where the caller is.
 */
export async function passAnswer<K extends AnswerKind & MessageName>(
  ctx: Context,
  kind: K,
  msg: Messages[K] & { readonly socketAddr: Buffer },
  from: Sender,
): Promise<void> {
  const caller = callerKeyOf(msg.socketAddr);
  if (caller === undefined) {
    ctx.counters.drop('no-attempt');
    return from.close('no-attempt');
  }
  const answer: AnswerSignal = {
    caller,
    attempt: 0,
    kind,
    observedIp: from.remote.ip,
    observedPort: from.remote.port,
    message: encodeMessage(kind, msg),
    byUdp: from.kind === 'udp',
  };
  try {
    if (!(await ctx.router.toCaller(answer))) ctx.counters.drop('no-attempt');
  } catch (error) {
    ctx.counters.stateFailures += 1;
    ctx.log.debug('an answer found no way to its caller', { error });
  }
  from.close('done');
}
