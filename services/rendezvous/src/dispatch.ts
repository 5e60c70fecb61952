import { WireError } from '@waystation/wire';
import type { MessageName, Messages, RendezvousMessage } from '@waystation/wire';
import type { Context, HandlerSettings } from './context.js';
import type { Transport } from './counters.js';
import { healthCheck } from './handlers/health-check.js';
import { httpProxyRequest } from './handlers/http-proxy-request.js';
import { localAddr } from './handlers/local-addr.js';
import { onlineRequest } from './handlers/online-request.js';
import { punchHoleRequest } from './handlers/punch-hole-request.js';
import { punchHoleSent } from './handlers/punch-hole-sent.js';
import { registerPeer } from './handlers/register-peer.js';
import { registerPk } from './handlers/register-pk.js';
import { relayResponse } from './handlers/relay-response.js';
import { requestRelay } from './handlers/request-relay.js';
import { testNatRequest } from './handlers/test-nat-request.js';
import type { DropReason } from './protocol-error.js';
import type { Sender } from './sender.js';

interface Entry<N extends MessageName> {
  readonly on: readonly Transport[] | ((settings: HandlerSettings) => readonly Transport[]);
  readonly run: (ctx: Context, msg: Messages[N], from: Sender) => void | Promise<void>;
}

/**
 * THE table: which message is served on which transport, by which handler. `nat` is TCP p-1.
 * KeyExchange is no entry: it belongs to the connection (secure-session.ts).
 */
export const table = {
  registerPeer: { on: ['udp'], run: registerPeer },
  registerPk: { on: ['udp', 'tcp', 'ws'], run: registerPk },
  // hbbs took these by UDP once: a forged source made it send to strangers (protocol 9.1).
  punchHoleRequest: { on: ['tcp', 'ws'], run: punchHoleRequest },
  punchHoleSent: { on: withUdpPunch('tcp', 'ws'), run: punchHoleSent },
  localAddr: { on: ['tcp', 'ws'], run: localAddr },
  requestRelay: { on: ['tcp', 'ws'], run: requestRelay },
  relayResponse: { on: ['tcp', 'ws'], run: relayResponse },
  testNatRequest: { on: withUdpPunch('tcp', 'ws', 'nat'), run: testNatRequest },
  onlineRequest: { on: ['tcp', 'ws', 'nat'], run: onlineRequest },
  hc: { on: ({ sessionTracking }) => (sessionTracking ? ['tcp', 'ws'] : []), run: healthCheck },
  // Never on WebSocket: only a channel that we secure ourselves is known to be one.
  httpProxyRequest: { on: ({ apiCalls }) => (apiCalls ? ['tcp'] : []), run: httpProxyRequest },
} as const satisfies { readonly [N in MessageName]?: Entry<N> };

/**
 * Gives a message to its handler. One that has no business on its transport is counted and dropped:
 * silently on UDP, with the connection on the others. Nothing a handler throws gets out of here.
 */
export function dispatch(
  ctx: Context,
  message: RendezvousMessage,
  from: Sender,
): void | Promise<void> {
  ctx.counters.message(message.name, from.kind);
  const entry = entryOf(message.name);
  if (entry === undefined || !isServed(entry, from.kind, ctx.settings))
    return drop(ctx, 'illegal-transport', from);
  try {
    const running = entry.run(ctx, message.value as never, from);
    return running?.catch((error: unknown) => failed(ctx, message.name, error, from));
  } catch (error) {
    failed(ctx, message.name, error, from);
  }
}

/** Counts a drop and ends the connection, if it came on one. */
export function drop(ctx: Context, reason: DropReason, from: Sender): void {
  ctx.counters.drop(reason);
  from.close(reason);
}

/** By UDP as well, while the operator has UDP punching on (protocol 6.11). */
function withUdpPunch(...always: Transport[]): (settings: HandlerSettings) => readonly Transport[] {
  const all: readonly Transport[] = [...always, 'udp'];
  return ({ udpPunch }) => (udpPunch ? all : always);
}

function isServed({ on }: Entry<never>, kind: Transport, settings: HandlerSettings): boolean {
  return (typeof on === 'function' ? on(settings) : on).includes(kind);
}

function entryOf(name: MessageName): Entry<never> | undefined {
  return Object.hasOwn(table, name) ? table[name as keyof typeof table] : undefined;
}

function failed(ctx: Context, name: MessageName, error: unknown, from: Sender): void {
  if (error instanceof WireError) return drop(ctx, 'bad-message', from);
  ctx.log.error('a handler failed', { message: name, error });
  drop(ctx, 'handler-failed', from);
}
