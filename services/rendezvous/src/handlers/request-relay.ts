import { encodeMessage, limiterKey } from '@waystation/wire';
import type { RequestRelay } from '@waystation/wire';
import { admit, hasGrant } from '../admission.js';
import { issueTicket } from '../answers.js';
import type { Attempt } from '../attempt.js';
import type { Caller } from '../callers.js';
import { CURRENT_FIELDS, isAtLeast } from '../client-version.js';
import type { Context } from '../context.js';
import { finish } from '../finish.js';
import { isPossibleId } from '../peer-id.js';
import { refusalText, type RefusalCode } from '../refusals.js';
import { refusalBeforeRelay, relayPermissionsOf } from '../role-obedience.js';
import type { Sender } from '../sender.js';

/** A relay uuid as clients make them; anything printable is taken (protocol 6.9). */
const RELAY_UUID = /^[\x20-\x7e]{1,64}$/;

/**
 * A caller gives up on a direct connection and names a relay (protocol 6.9). The callee gets a message
 * built anew: what the caller put into other fields stays here.
 */
export async function requestRelay(ctx: Context, msg: RequestRelay, from: Sender): Promise<void> {
  if (from.stream === undefined) return;
  const caller = from.stream.caller();
  const attempt = caller.attempt(msg.id, 'relay');
  if (attempt === undefined) return from.close('too-many-attempts');
  const refusal =
    (await refusalOf(ctx, msg, caller, attempt)) ?? (await push(ctx, msg, caller, attempt));
  if (refusal === undefined) return;
  finish(ctx, caller, attempt, refusal);
  caller.send(encodeMessage('relayResponse', { refuseReason: refusalText(refusal, attempt.name) }));
}

async function refusalOf(
  ctx: Context,
  msg: RequestRelay,
  caller: Caller,
  attempt: Attempt,
): Promise<RefusalCode | undefined> {
  const { ip } = caller.remote;
  if (!ctx.limits.punchPerSource.take(limiterKey(ip))) return 'limited';
  if (!isPossibleId(msg.id)) return 'unknown-id';
  if (!ctx.limits.punchPerTarget.take(msg.id)) return 'limited';
  if (!RELAY_UUID.test(msg.uuid)) return 'bad-uuid';
  const refusal = await admit(ctx, caller, attempt, msg);
  if (refusal !== undefined) return refusal;
  return agreed(ctx, msg, caller, attempt);
}

/** No relay named: the callee uses its own. */
function isOwnRelay(ctx: Context, relay: string): boolean {
  return relay === '' || ctx.relays.isOurs(relay) || relay === ctx.settings.localRelay;
}

/** What a punch request before this one must have settled: that it may come at all, and a relay that is not ours. */
async function agreed(
  ctx: Context,
  msg: RequestRelay,
  caller: Caller,
  attempt: Attempt,
): Promise<RefusalCode | undefined> {
  try {
    if (!(await hasGrant(ctx, caller, attempt))) return 'no-grant';
    if (isOwnRelay(ctx, msg.relayServer)) return undefined;
    // Fine if the callee itself named it to this caller, and only then.
    const grant = await ctx.grants.find(caller.remote.ip, msg.id);
    return grant?.relay === msg.relayServer ? undefined : 'foreign-relay';
  } catch {
    ctx.counters.stateFailures += 1;
    return 'state-away';
  }
}

async function push(
  ctx: Context,
  msg: RequestRelay,
  caller: Caller,
  attempt: Attempt,
): Promise<RefusalCode | undefined> {
  const callee = await ctx.callees.find(msg.id).catch(() => ({ state: 'failed' }) as const);
  if (callee.state === 'failed') {
    ctx.counters.stateFailures += 1;
    return 'state-away';
  }
  if (callee.state !== 'online') return callee.state === 'unknown' ? 'unknown-id' : 'offline';
  const disobedient = await refusalBeforeRelay(ctx, attempt);
  if (disobedient !== undefined) return disobedient;
  attempt.calleeIp = callee.ip;
  attempt.step('found', ctx.clock());
  issueTicket(ctx, caller, attempt, msg.uuid);
  const message = await messageFor(ctx, msg, attempt);
  ctx.router.toPeer(callee, message, caller, attempt);
  attempt.step('pushed', ctx.clock());
  return undefined;
}

/** Clients before 1.2.7 drop a message with fields that only a server fills in (protocol 4.5). */
async function messageFor(ctx: Context, msg: RequestRelay, attempt: Attempt): Promise<Buffer> {
  const { id, uuid, relayServer, secure, connType } = msg;
  const version = await ctx.versions.of(id);
  const controlPermissions = relayPermissionsOf(attempt, version);
  const own = { socketAddr: attempt.address, controlPermissions };
  const fields = { ...own, id, uuid, relayServer, secure, connType };
  if (!isAtLeast(version, CURRENT_FIELDS)) return encodeMessage('requestRelay', fields);
  const controlledContext = { connAuditRef: attempt.name };
  return encodeMessage('requestRelay', { ...fields, controlledContext });
}
