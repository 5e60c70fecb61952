import type { MessageName, Messages, PunchHoleSent } from '@waystation/wire';
import { encodeMessage, limiterKey } from '@waystation/wire';
import { callerKeyOf } from './answers.js';
import type { AnswerKind } from './attempt.js';
import { bytesKey } from './callers.js';
import type { Context } from './context.js';
import type { Answer } from './router.js';
import type { Sender } from './sender.js';

/** Datagrams whose caller is looked up in Redis at the same time; more are dropped, callees send three copies. */
const DATAGRAMS_LIMIT = 256;

let datagrams = 0;

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
  const keys = keysOf(kind, msg.socketAddr);
  if (keys.length === 0) {
    ctx.counters.drop('no-attempt');
    return from.close('no-attempt');
  }
  await handOver(ctx, answerOf(kind, encodeMessage(kind, msg), from), keys);
  from.close('done');
}

/**
 * The same by a datagram (protocol 6.11): the sender hears nothing, whatever becomes of it, and what
 * strangers send costs a bounded number of look-ups.
 */
export async function passDatagram(ctx: Context, msg: PunchHoleSent, from: Sender): Promise<void> {
  const keys = keysOf('punchHoleSent', msg.socketAddr);
  if (keys.length === 0) return ctx.counters.drop('no-attempt');
  if (datagrams >= DATAGRAMS_LIMIT || !ctx.limits.udpPerSource.take(limiterKey(from.remote.ip))) {
    return ctx.counters.drop('udp-limit');
  }
  datagrams += 1;
  try {
    const message = encodeMessage('punchHoleSent', msg);
    await handOver(ctx, answerOf('punchHoleSent', message, from), keys);
  } finally {
    datagrams -= 1;
  }
}

/** What the caller of an answer may wait under; empty when the address is none. */
function keysOf(kind: AnswerKind, address: Buffer): string[] {
  const key = callerKeyOf(address);
  if (key === undefined) return [];
  // Only LocalAddr carries other bytes than were pushed, and never is it for a WebSocket caller.
  return kind === 'localAddr' ? [key] : [bytesKey(address), key];
}

function answerOf(kind: AnswerKind, message: Buffer, { kind: transport, remote }: Sender): Answer {
  const observed = { observedIp: remote.ip, observedPort: remote.port };
  return { attempt: 0, kind, ...observed, message, byUdp: transport === 'udp' };
}

async function handOver(ctx: Context, answer: Answer, keys: readonly string[]): Promise<void> {
  try {
    if (!(await ctx.router.toCaller(answer, keys))) ctx.counters.drop('no-attempt');
  } catch (error) {
    ctx.counters.stateFailures += 1;
    ctx.log.debug('an answer found no way to its caller', { error });
  }
}
