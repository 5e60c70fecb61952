import { lookup } from 'node:dns/promises';
import type { InsideHosts } from '@waystation/config';
import { placeOf, type Place } from '@waystation/net';
import { StepFault, faultOf } from './steps.js';

/** The ports of a server, as clients derive them from the main one. */
export interface TargetPorts {
  /** Main port p; p-1 and p+2 follow from it. */
  readonly main: number;
  readonly api: number;
}

/** A way to this server: the advertised one, or the one inside the stack. */
export interface Target {
  /** Name or address without a port. */
  readonly host: string;
  /** Where the api is, if not at the same host. */
  readonly apiHost?: string;
  readonly ports: TargetPorts;
  /** Relays as clients are told of them; empty: one port above the main one. */
  readonly relays: readonly Place[];
  /** Relays are found at this host, whatever they are called outside. */
  readonly ownRelays: boolean;
}

/** Distance from a TCP port to its WebSocket port (protocol 1.8). */
const WS_OFFSET = 2;

/** The way that clients are told: WAYSTATION_HOST may carry a port of its own. */
export function publicTarget(
  host: string,
  ports: TargetPorts,
  relayServers: readonly string[],
): Target {
  const place = placeOf(host, ports.main);
  const relays = relayServers.map((relay) => placeOf(relay, place.port + 1));
  return { host: place.host, ports: { ...ports, main: place.port }, relays, ownRelays: false };
}

/** The way inside: the services' own ports, at one host or at one for each. */
export function insideTarget({ rendezvous, relay, api }: InsideHosts, ports: TargetPorts): Target {
  const relays = [{ host: relay, port: ports.main + 1 }];
  return { host: rendezvous, apiHost: api, ports, relays, ownRelays: true };
}

/** The relays to try. */
export function relaysOf({ host, ports, relays }: Target): readonly Place[] {
  return relays.length > 0 ? relays : [{ host, port: ports.main + 1 }];
}

/** WebSocket twin of a TCP place. */
export function webSocketOf({ host, port }: Place): string {
  return `ws://${host.includes(':') ? `[${host}]` : host}:${port + WS_OFFSET}/`;
}

/** The address behind the name. Throws StepFault('unresolved'). */
export async function addressOf(host: string): Promise<string> {
  try {
    return (await lookup(host, { family: 0, order: 'ipv4first' })).address;
  } catch (error) {
    throw new StepFault('unresolved', faultOf(error).message);
  }
}
