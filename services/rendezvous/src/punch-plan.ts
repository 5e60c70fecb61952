import { NatType } from '@waystation/wire';
import type { LanMask } from './lan-mask.js';

/** Where one side of an attempt is, as the server sees it. */
export interface Side {
  readonly ip: string;
  readonly transport: 'udp' | 'tcp' | 'ws';
}

/** What the operator has decided about direct connections. */
export interface PunchPolicy {
  readonly alwaysUseRelay: boolean;
  readonly lan: LanMask | undefined;
  /** True for an address that stands for "somebody behind our own gateway" and reaches nobody. */
  readonly isGateway: (ip: string) => boolean;
}

/** What the caller asked for. */
export interface PunchWish {
  readonly natType: number;
  readonly forceRelay: boolean;
}

/** Which message goes to the callee, and how it is to connect. */
export interface PunchPlan {
  readonly message: 'punchHole' | 'fetchLocalAddr';
  readonly natType: number;
  readonly forceRelay: boolean;
  /** The callee sits in the LAN and the caller does not: name the relay by its LAN address. */
  readonly relayByLocalIp: boolean;
}

/** Decides how two sides are brought together (protocol 6.7, steps 7 to 9). Pure. */
export function planPunch(
  caller: Side,
  callee: Side,
  wish: PunchWish,
  policy: PunchPolicy,
): PunchPlan {
  const callerInLan = policy.lan?.has(caller.ip) ?? false;
  const calleeInLan = policy.lan?.has(callee.ip) ?? false;
  const byPolicy = policy.alwaysUseRelay || callerInLan !== calleeInLan;
  const forceRelay = byPolicy || wish.forceRelay || cannotMeet(caller, callee, policy);
  const sameIntranet = (callerInLan && calleeInLan) || caller.ip === callee.ip;
  return {
    message: sameIntranet && !forceRelay ? 'fetchLocalAddr' : 'punchHole',
    // Callees older than 1.4.1 know no force_relay: for them only SYMMETRIC means "relay".
    natType: forceRelay ? NatType.SYMMETRIC : wish.natType,
    forceRelay,
    relayByLocalIp: byPolicy && calleeInLan,
  };
}

/** No direct connection is possible: WebSocket, two address families, or a source that is our gateway. */
function cannotMeet(caller: Side, callee: Side, policy: PunchPolicy): boolean {
  if (caller.transport === 'ws' || callee.transport === 'ws') return true;
  if (caller.ip.includes(':') !== callee.ip.includes(':')) return true;
  return policy.isGateway(caller.ip) || policy.isGateway(callee.ip);
}
