import { PunchHoleFailure, encodeMessage, limiterKey } from '@waystation/wire';
import type { PunchHoleRequest, PunchHoleResponse } from '@waystation/wire';
import { finish, passV6 } from '../answers.js';
import type { Callee, OnlineCallee } from '../callee-finder.js';
import type { Attempt, Caller } from '../callers.js';
import { CURRENT_FIELDS, isAtLeast } from '../client-version.js';
import type { Context } from '../context.js';
import { isPossibleId } from '../peer-id.js';
import { planPunch, type PunchPlan } from '../punch-plan.js';
import { REFUSAL_TEXT, type Outcome } from '../refusals.js';
import type { Sender } from '../sender.js';

/**
 * A caller wants to reach a callee (protocol 6.7): key, limits, look up, plan, push. On success the
 * caller hears nothing from here; the callee's answer is its answer.
 */
export async function punchHoleRequest(
  ctx: Context,
  msg: PunchHoleRequest,
  from: Sender,
): Promise<void> {
  if (from.stream === undefined) return;
  const caller = from.stream.caller();
  const attempt = caller.attempt(msg.id, 'punch');
  if (attempt === undefined) return from.close('too-many-attempts');
  const refusal = refusalOf(ctx, msg, from);
  if (refusal === 'key-blocked') {
    finish(ctx, caller, attempt, refusal);
    return from.close('wrong-key-blocked');
  }
  if (refusal !== undefined) return refuse(ctx, caller, attempt, refusal);
  const callee = await found(ctx, msg.id);
  if (callee.state !== 'online') return refuse(ctx, caller, attempt, outcomeOf(callee.state));
  attempt.signed = callee.signed;
  ctx.grants.accepted(caller.remote.ip, msg.id);
  const message = await pushFor(ctx, msg, caller, attempt, callee);
  await ctx.router.toPeer(callee, { message, caller: caller.key, attempt: attempt.number });
}

function refusalOf(ctx: Context, msg: PunchHoleRequest, from: Sender): Outcome | undefined {
  const source = limiterKey(from.remote.ip);
  if (!ctx.server.acceptsKey(msg.licenceKey)) {
    return ctx.limits.wrongKeys.fail(source) ? 'key-blocked' : 'key-mismatch';
  }
  if (!ctx.limits.punchPerSource.take(source)) return 'limited';
  if (!isPossibleId(msg.id)) return 'unknown-id';
  return ctx.limits.punchPerTarget.take(msg.id) ? undefined : 'limited';
}

async function found(ctx: Context, id: string): Promise<Callee | { readonly state: 'failed' }> {
  try {
    return await ctx.callees.find(id);
  } catch (error) {
    ctx.counters.stateFailures += 1;
    ctx.log.debug('a callee could not be looked up', { callee: id, error });
    return { state: 'failed' };
  }
}

function outcomeOf(state: 'unknown' | 'offline' | 'failed'): Outcome {
  if (state === 'failed') return 'lookup-failed';
  return state === 'unknown' ? 'unknown-id' : 'offline';
}

function refuse(ctx: Context, caller: Caller, attempt: Attempt, outcome: Outcome): void {
  finish(ctx, caller, attempt, outcome);
  caller.send(encodeMessage('punchHoleResponse', responseFor(outcome)));
}

/** An empty socketAddr makes it a failure; clients know four by number and show other texts as they are. */
function responseFor(outcome: Outcome): Partial<PunchHoleResponse> {
  switch (outcome) {
    case 'key-mismatch':
      return { failure: PunchHoleFailure.LICENSE_MISMATCH };
    case 'unknown-id':
      return { failure: PunchHoleFailure.ID_NOT_EXIST };
    case 'offline':
      return { failure: PunchHoleFailure.OFFLINE };
    case 'limited':
      return { otherFailure: REFUSAL_TEXT.limited };
    default:
      return { otherFailure: REFUSAL_TEXT.lookup };
  }
}

async function pushFor(
  ctx: Context,
  msg: PunchHoleRequest,
  caller: Caller,
  attempt: Attempt,
  callee: OnlineCallee,
): Promise<Buffer> {
  const side = { ip: caller.remote.ip, transport: caller.transport };
  const plan = planPunch(side, callee, msg, ctx.policy);
  const relayServer = plan.relayByLocalIp ? ctx.settings.localRelay : ctx.relays.next();
  const shared = { socketAddr: attempt.address, relayServer };
  const socketAddrV6 = passV6(ctx, msg.socketAddrV6);
  if (plan.message === 'punchHole')
    return punchHole(plan, { ...shared, socketAddrV6 }, msg.upnpPort);
  // In clients before 1.2.7 this field was a text, and its bytes make them drop the message (4.5).
  const understood =
    socketAddrV6.length > 0 && isAtLeast(await ctx.versions.of(msg.id), CURRENT_FIELDS);
  return encodeMessage('fetchLocalAddr', understood ? { ...shared, socketAddrV6 } : shared);
}

function punchHole(
  plan: PunchPlan,
  shared: { socketAddr: Buffer; relayServer: string; socketAddrV6: Buffer },
  upnpPort: number,
): Buffer {
  const { natType, forceRelay } = plan;
  // No udpPort: a callee that gets one answers by UDP, which this server does not take part in (6.11).
  return encodeMessage('punchHole', { ...shared, natType, forceRelay, upnpPort });
}
