import { encodeMessage, limiterKey } from '@waystation/wire';
import type { RequestRelay } from '@waystation/wire';
import { finish, issueTicket } from '../answers.js';
import type { Attempt, Caller } from '../callers.js';
import type { Context } from '../context.js';
import { isPossibleId } from '../peer-id.js';
import { REFUSAL_TEXT, type Outcome } from '../refusals.js';
import type { Sender } from '../sender.js';

/** A relay uuid as clients make them; anything printable is taken (protocol 6.9). */
const RELAY_UUID = /^[\x20-\x7e]{1,64}$/;

const TEXTS = {
  limited: REFUSAL_TEXT.limited,
  'bad-uuid': REFUSAL_TEXT.badUuid,
  'foreign-relay': REFUSAL_TEXT.foreignRelay,
  'unknown-id': REFUSAL_TEXT.unknownId,
  offline: REFUSAL_TEXT.offline,
  'lookup-failed': REFUSAL_TEXT.lookup,
} as const satisfies Partial<Record<Outcome, string>>;

type Refusal = keyof typeof TEXTS;

/**
 * A caller gives up on a direct connection and names a relay (protocol 6.9). The callee gets a message
 * built anew: what the caller put into other fields stays here.
 */
export async function requestRelay(ctx: Context, msg: RequestRelay, from: Sender): Promise<void> {
  if (from.stream === undefined) return;
  const caller = from.stream.caller();
  const attempt = caller.attempt(msg.id, 'relay');
  if (attempt === undefined) return from.close('too-many-attempts');
  const refusal = (await refusalOf(ctx, msg, caller)) ?? (await push(ctx, msg, caller, attempt));
  if (refusal === undefined) return;
  finish(ctx, caller, attempt, refusal);
  caller.send(encodeMessage('relayResponse', { refuseReason: TEXTS[refusal] }));
}

async function refusalOf(
  ctx: Context,
  msg: RequestRelay,
  caller: Caller,
): Promise<Refusal | undefined> {
  const { ip } = caller.remote;
  if (!ctx.limits.punchPerSource.take(limiterKey(ip))) return 'limited';
  if (!isPossibleId(msg.id)) return 'unknown-id';
  if (!ctx.limits.punchPerTarget.take(msg.id)) return 'limited';
  if (!RELAY_UUID.test(msg.uuid)) return 'bad-uuid';
  if (isOwnRelay(ctx, msg.relayServer)) return undefined;
  return named(ctx, ip, msg);
}

/** No relay named: the callee uses its own. */
function isOwnRelay(ctx: Context, relay: string): boolean {
  return relay === '' || ctx.relays.isOurs(relay) || relay === ctx.settings.localRelay;
}

/** A relay that is not ours is fine if the callee itself named it to this caller, and only then. */
async function named(ctx: Context, ip: string, msg: RequestRelay): Promise<Refusal | undefined> {
  try {
    const grant = await ctx.grants.find(ip, msg.id);
    return grant?.relay === msg.relayServer ? undefined : 'foreign-relay';
  } catch {
    ctx.counters.stateFailures += 1;
    return 'lookup-failed';
  }
}

async function push(
  ctx: Context,
  msg: RequestRelay,
  caller: Caller,
  attempt: Attempt,
): Promise<Refusal | undefined> {
  const callee = await ctx.callees.find(msg.id).catch(() => ({ state: 'failed' }) as const);
  if (callee.state === 'failed') {
    ctx.counters.stateFailures += 1;
    return 'lookup-failed';
  }
  if (callee.state !== 'online') return callee.state === 'unknown' ? 'unknown-id' : 'offline';
  issueTicket(ctx, caller, attempt, msg.uuid);
  const { id, uuid, relayServer, secure, connType } = msg;
  const socketAddr = attempt.address;
  const message = encodeMessage('requestRelay', {
    id,
    uuid,
    socketAddr,
    relayServer,
    secure,
    connType,
  });
  await ctx.router.toPeer(callee, { message, caller: caller.key, attempt: attempt.number });
  return undefined;
}
