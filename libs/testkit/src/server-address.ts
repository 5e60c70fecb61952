import { dialTcp } from './tcp-leg.js';
import { dialWs } from './ws-leg.js';
import type { DialOptions, Leg, Transport } from './leg.js';

/** The server as a client has it in its settings; everything else is derived from these two. */
export interface ServerAddress {
  readonly host: string;
  /** The main rendezvous port p (default 21116); p-1, p+1, p+2 follow from it. */
  readonly port: number;
}

/** What clients send as licence key when none is configured: the vendor's public key (protocol 5.3). */
export const VENDOR_KEY = 'OeVuKk5nlHiXp+APNn0Y3pC1Iwpwn44JGqrQCsWqmBw=';

/** The port of a relay that is named without one. */
export const DEFAULT_RELAY_PORT = 21117;

/** The client's way of turning a TCP port into its WebSocket port (protocol 1.8). */
const WS_PORT_OFFSET = 2;

/** Splits `host`, `host:port`, `[v6]:port` or a bare v6 address. */
export function parseHostPort(text: string, defaultPort: number): ServerAddress {
  const match = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(text);
  if (!match) return { host: text, port: defaultPort };
  const [, bracketed, plain, port] = match;
  return {
    host: bracketed ?? plain ?? text,
    port: port === undefined ? defaultPort : Number(port),
  };
}

/** The relay a device assumes when nobody named one: the rendezvous host, port p+1. */
export function assumedRelay(server: ServerAddress): string {
  const host = server.host.includes(':') ? `[${server.host}]` : server.host;
  return `${host}:${String(server.port + 1)}`;
}

/** Opens a connection to a host that listens for TCP on `port` and for WebSocket two ports above. */
export function dial(transport: Transport, options: DialOptions): Promise<Leg> {
  if (transport === 'tcp') return dialTcp(options);
  return dialWs({ ...options, port: options.port + WS_PORT_OFFSET });
}
