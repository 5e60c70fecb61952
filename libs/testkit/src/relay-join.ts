import type { Leg, Transport } from './leg.js';
import { tell } from './conversation.js';
import { DEFAULT_RELAY_PORT, dial, parseHostPort } from './server-address.js';

/** What a client needs to enter a relay. */
export interface RelayJoin {
  /** `host` or `host:port` as the other side named it. */
  readonly relayServer: string;
  readonly uuid: string;
  readonly licenceKey: string;
  readonly transport: Transport;
  readonly from?: string | undefined;
  /** Only a caller names the id it wants (protocol 7.1). */
  readonly id?: string | undefined;
  readonly headers?: Record<string, string> | undefined;
}

/** Connects to the relay and sends the one message it expects; the relay itself never answers. */
export async function joinRelay(join: RelayJoin): Promise<Leg> {
  const relay = parseHostPort(join.relayServer, DEFAULT_RELAY_PORT);
  const leg = await dial(join.transport, {
    ...relay,
    ...(join.from === undefined ? {} : { from: join.from }),
    ...(join.headers === undefined ? {} : { headers: join.headers }),
  });
  await tell(leg, 'requestRelay', {
    uuid: join.uuid,
    licenceKey: join.licenceKey,
    ...(join.id === undefined ? {} : { id: join.id }),
  });
  return leg;
}
