import {
  PunchHoleFailure,
  decodeMessage,
  demangleAddress,
  encodeMessage,
  formatAddress,
  isGlobalUnicastV6Endpoint,
  isLoopback,
  mangleAddress,
} from '@waystation/wire';
import type { AnswerSignal, LocalAddr, PunchHoleSent, RelayResponse } from '@waystation/wire';
import type { Attempt, AnswerKind } from './attempt.js';
import type { Caller, Callers } from './callers.js';
import type { Context } from './context.js';
import { finish } from './finish.js';
import type { DropReason } from './protocol-error.js';
import { refusalText, type RefusalCode } from './refusals.js';
import { obedienceRefusal } from './role-obedience.js';

const NO_BYTES = Buffer.alloc(0);

/**
 * A callee's answer reaches the caller that this replica holds. It counts only if the caller waits
 * for it (see Caller.match); everything passed on is built anew from known fields.
 */
export function deliverAnswer(ctx: Context, caller: Caller, answer: AnswerSignal): void {
  const message = decodeMessage(answer.message);
  switch (message.name) {
    case 'punchHoleSent':
      return punchHoleSentTo(ctx, caller, message.value, answer);
    case 'localAddr':
      return localAddrTo(ctx, caller, message.value);
    case 'relayResponse':
      return relayResponseTo(ctx, caller, message.value);
    default:
      ctx.counters.drop('bad-message');
  }
}

/** The callee is not where presence said: tell the caller at once. */
export function undelivered(ctx: Context, callers: Callers, key: string, number: number): void {
  const caller = callers.find(key);
  const attempt = caller?.byNumber(number);
  if (caller === undefined || attempt === undefined || attempt.answered.size > 0) return;
  if (attempt.asked === 'relay') return refuse(ctx, caller, attempt, 'offline');
  finish(ctx, caller, attempt, 'offline');
  caller.send(encodeMessage('punchHoleResponse', { failure: PunchHoleFailure.OFFLINE }));
}

/** In the message that the caller waits for: it reads no reason in the other one. */
function refuse(ctx: Context, caller: Caller, attempt: Attempt, code: RefusalCode): void {
  finish(ctx, caller, attempt, code);
  const text = refusalText(code, attempt.name);
  caller.send(
    attempt.asked === 'punch'
      ? encodeMessage('punchHoleResponse', { otherFailure: text })
      : encodeMessage('relayResponse', { refuseReason: text }),
  );
}

/**
 * The version that an answer tells is learned. True when the caller was refused because of it: the
 * callee was asked before it was known, and does not keep to the caller's role.
 */
function isTooOld(ctx: Context, caller: Caller, attempt: Attempt, version: string): boolean {
  ctx.versions.learn(attempt.callee, version);
  const refusal = obedienceRefusal(ctx, attempt, version);
  if (refusal !== undefined) refuse(ctx, caller, attempt, refusal);
  return refusal !== undefined;
}

function punchHoleSentTo(
  ctx: Context,
  caller: Caller,
  sent: PunchHoleSent,
  from: AnswerSignal,
): void {
  const attempt = matched(ctx, caller, 'punchHoleSent', sent.id, sent.socketAddr, from);
  if (attempt === undefined) return;
  if (isTooOld(ctx, caller, attempt, sent.version)) return;
  const observed = { ip: from.observedIp, port: from.observedPort };
  if (sent.relayServer !== '') ctx.grants.named(caller.remote.ip, sent.id, sent.relayServer);
  caller.send(
    encodeMessage('punchHoleResponse', {
      socketAddr: mangleAddress(observed, cookie()),
      pk: signedFor(attempt, sent.version),
      relayServer: sent.relayServer,
      natType: sent.natType,
      upnpPort: sent.upnpPort,
      isUdp: from.byUdp,
      feedback: feedbackFor(ctx, caller, attempt),
      socketAddrV6: passV6(ctx, sent.socketAddrV6),
    }),
  );
  finish(ctx, caller, attempt, 'direct');
}

function localAddrTo(ctx: Context, caller: Caller, local: LocalAddr): void {
  if (!isUsableLocal(local.localAddr, caller)) {
    ctx.counters.drop('bad-message');
    return;
  }
  const attempt = matched(ctx, caller, 'localAddr', local.id, local.socketAddr);
  if (attempt === undefined) return;
  if (isTooOld(ctx, caller, attempt, local.version)) return;
  if (local.relayServer !== '') ctx.grants.named(caller.remote.ip, local.id, local.relayServer);
  caller.send(
    encodeMessage('punchHoleResponse', {
      socketAddr: local.localAddr,
      pk: signedFor(attempt, local.version),
      relayServer: local.relayServer,
      isLocal: true,
      feedback: feedbackFor(ctx, caller, attempt),
      socketAddrV6: passV6(ctx, local.socketAddrV6),
    }),
  );
  finish(ctx, caller, attempt, 'local');
}

function relayResponseTo(ctx: Context, caller: Caller, response: RelayResponse): void {
  const id = response.id ?? '';
  const attempt = matched(ctx, caller, 'relayResponse', id, response.socketAddr);
  if (attempt === undefined) return;
  if (isTooOld(ctx, caller, attempt, response.version)) return;
  if (response.uuid !== '') issueTicket(ctx, caller, attempt, response.uuid);
  caller.send(
    encodeMessage('relayResponse', {
      uuid: response.uuid,
      relayServer: relayFor(ctx, caller, response.relayServer),
      ...(id === '' ? {} : { pk: signedFor(attempt, response.version) }),
      version: response.version,
      feedback: feedbackFor(ctx, caller, attempt),
      socketAddrV6: passV6(ctx, response.socketAddrV6),
      upnpPort: response.upnpPort,
    }),
  );
  finish(ctx, caller, attempt, 'relay');
}

/** Lets the relay pair this uuid (D7). The relay waits a moment for it, the client never does. */
export function issueTicket(ctx: Context, caller: Caller, attempt: Attempt, uuid: string): void {
  attempt.uuid = uuid;
  const { callee, calleeIp, name, isProbe } = attempt;
  const user = attempt.user === undefined ? {} : { user: attempt.user.user };
  ctx.tickets
    .issue({ uuid, caller: caller.key, callee, calleeIp, ...user, attempt: name, isProbe })
    .catch((error: unknown) => {
      ctx.counters.stateFailures += 1;
      ctx.log.debug('a ticket could not be issued', { attempt: attempt.name, error });
    });
}

/** A client's own IPv6 endpoint, if it is a real one; else nothing (protocol 3.7). */
export function passV6(ctx: Context, endpoint: Buffer): Buffer {
  return ctx.settings.ipv6Passthrough && isGlobalUnicastV6Endpoint(endpoint) ? endpoint : NO_BYTES;
}

/** The `ip:port` text of the caller that an answer's address bytes name; undefined when it names none. */
export function callerKeyOf(address: Uint8Array): string | undefined {
  const decoded = demangleAddress(address);
  if (decoded === undefined || decoded.port === 0) return undefined;
  return formatAddress(decoded);
}

function matched(
  ctx: Context,
  caller: Caller,
  kind: AnswerKind,
  id: string,
  address: Buffer,
  from?: AnswerSignal,
): Attempt | undefined {
  const attempt = caller.match(kind, id, address);
  const drop = typeof attempt === 'string' ? attempt : datagramFault(attempt, from);
  if (typeof attempt === 'string' || drop !== undefined) {
    if (drop !== undefined) ctx.counters.drop(drop);
    return undefined;
  }
  attempt.answered.add(kind);
  attempt.step(kind, ctx.clock());
  return attempt;
}

/**
 * A datagram's source is easily forged: it counts only from the registered address of a callee that
 * was asked to answer this way (protocol 6.11).
 */
function datagramFault(attempt: Attempt, from: AnswerSignal | undefined): DropReason | undefined {
  if (from?.byUdp !== true) return undefined;
  if (!attempt.byUdp) return 'no-attempt';
  return from.observedIp === attempt.calleeIp ? undefined : 'foreign-source';
}

/** Not 0 asks the caller to show on a connection of its own that its session lives (protocol 6.14). */
function feedbackFor(ctx: Context, caller: Caller, attempt: Attempt): number {
  if (!ctx.settings.sessionTracking || attempt.user === undefined) return 0;
  ctx.sessions.expect(attempt.user, caller.remote.ip, attempt.name);
  return 1;
}

/** Clients that tell no version do not check signatures (protocol 5.4). */
function signedFor(attempt: Attempt, version: string): Buffer {
  return version === '' ? NO_BYTES : (attempt.signed ?? NO_BYTES);
}

/** Protocol 6.10 step 3: callers inside MASK get the relay's LAN address, others never do. */
function relayFor(ctx: Context, caller: Caller, relay: string): string {
  const { localRelay } = ctx.settings;
  if (relay === '' || localRelay === '') return relay;
  if (ctx.policy.lan?.has(caller.remote.ip) === true) return localRelay;
  return relay === localRelay ? ctx.relays.next(caller.remote.ip) : relay;
}

/** Protocol 9.2 rule 16; loopback only for a caller on the server's own machine. */
function isUsableLocal(address: Buffer, caller: Caller): boolean {
  const decoded = demangleAddress(address);
  if (decoded === undefined || decoded.port === 0) return false;
  const { ip } = decoded;
  if (isLoopback(ip)) return isLoopback(caller.remote.ip);
  if (ip.includes(':')) return !ip.startsWith('ff');
  const first = Number(ip.split('.', 1)[0]);
  return first > 0 && first < 224;
}

function cookie(): number {
  return Math.floor(Math.random() * 2 ** 32);
}
