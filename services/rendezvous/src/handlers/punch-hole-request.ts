import { PunchHoleFailure, encodeMessage, limiterKey } from '@waystation/wire';
import type { PunchHoleRequest, PunchHoleResponse } from '@waystation/wire';
import { admit } from '../admission.js';
import { passV6 } from '../answers.js';
import type { Attempt } from '../attempt.js';
import type { Callee, OnlineCallee } from '../callee-finder.js';
import type { Caller } from '../callers.js';
import { CURRENT_FIELDS, isAtLeast } from '../client-version.js';
import type { Context } from '../context.js';
import { finish } from '../finish.js';
import { isPossibleId } from '../peer-id.js';
import { planPunch, type PunchPlan } from '../punch-plan.js';
import { refusalText, type RefusalCode } from '../refusals.js';
import { controlPermissionsOf, refusalBeforePunch } from '../role-obedience.js';
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
  const denied = await admit(ctx, caller, attempt, msg);
  if (denied !== undefined) return refuse(ctx, caller, attempt, denied);
  const callee = await found(ctx, msg.id);
  if (callee.state !== 'online') return refuse(ctx, caller, attempt, codeOf(callee.state));
  const disobedient = await refusalBeforePunch(ctx, attempt);
  if (disobedient !== undefined) return refuse(ctx, caller, attempt, disobedient);
  attempt.signed = callee.signed;
  attempt.calleeIp = callee.ip;
  attempt.step('found', ctx.clock());
  // Nobody else's relay request asks for this grant.
  if (ctx.settings.mustLogin === 'required') ctx.grants.accepted(caller.remote.ip, msg.id);
  const message = await pushFor(ctx, msg, caller, attempt, callee);
  ctx.router.toPeer(callee, message, caller, attempt);
  attempt.step('pushed', ctx.clock());
}

type Refusal = RefusalCode | 'key-mismatch' | 'key-blocked';

function refusalOf(ctx: Context, msg: PunchHoleRequest, from: Sender): Refusal | undefined {
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

function codeOf(state: 'unknown' | 'offline' | 'failed'): RefusalCode {
  if (state === 'failed') return 'state-away';
  return state === 'unknown' ? 'unknown-id' : 'offline';
}

function refuse(ctx: Context, caller: Caller, attempt: Attempt, refusal: Refusal): void {
  finish(ctx, caller, attempt, refusal);
  caller.send(encodeMessage('punchHoleResponse', responseFor(refusal, attempt)));
}

/** An empty socketAddr makes it a failure; clients know four by number and show other texts as they are. */
function responseFor(refusal: Refusal, attempt: Attempt): Partial<PunchHoleResponse> {
  switch (refusal) {
    case 'key-mismatch':
    case 'key-blocked':
      return { failure: PunchHoleFailure.LICENSE_MISMATCH };
    case 'unknown-id':
      return { failure: PunchHoleFailure.ID_NOT_EXIST };
    case 'offline':
      return { failure: PunchHoleFailure.OFFLINE };
    default:
      return { otherFailure: refusalText(refusal, attempt.name) };
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
  const relayServer = plan.relayByLocalIp
    ? ctx.settings.localRelay
    : ctx.relays.next(caller.remote.ip);
  const controlledContext = { connAuditRef: attempt.name };
  const controlPermissions = controlPermissionsOf(attempt);
  const { address: socketAddr } = attempt;
  const shared = { socketAddr, relayServer, controlledContext, controlPermissions };
  const socketAddrV6 = passV6(ctx, msg.socketAddrV6);
  if (plan.message === 'punchHole') {
    const udpPort = udpPortFor(ctx, msg, callee, plan);
    attempt.byUdp = udpPort !== 0;
    const { natType, forceRelay } = plan;
    const { upnpPort } = msg;
    const fields = { ...shared, natType, forceRelay, upnpPort, udpPort, socketAddrV6 };
    return encodeMessage('punchHole', fields);
  }
  // In clients before 1.2.7 this field was a text, and its bytes make them drop the message (4.5).
  const understood =
    socketAddrV6.length > 0 && isAtLeast(await ctx.versions.of(msg.id), CURRENT_FIELDS);
  return encodeMessage('fetchLocalAddr', understood ? { ...shared, socketAddrV6 } : shared);
}

/**
 * The caller's own UDP port, for a callee that shall answer by UDP: only if this server takes such
 * answers, else the callee would answer into the void (protocol 6.11).
 */
function udpPortFor(
  ctx: Context,
  msg: PunchHoleRequest,
  callee: OnlineCallee,
  plan: PunchPlan,
): number {
  if (!ctx.settings.udpPunch || callee.transport !== 'udp' || plan.forceRelay) return 0;
  return msg.udpPort > 0 && msg.udpPort <= 0xffff ? msg.udpPort : 0;
}
