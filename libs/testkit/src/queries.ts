import type { Leg, Transport } from './leg.js';
import { hear, tell } from './conversation.js';
import type { DeviceIdentity } from './identity.js';
import { dial, type ServerAddress } from './server-address.js';
import { dialTcp } from './tcp-leg.js';

/** Where a question to the server comes from and how. */
export interface QueryOptions {
  readonly transport?: Transport;
  readonly from?: string;
  /** Asks on p where native clients ask on p-1. */
  readonly onMainPort?: boolean;
}

// p-1: where native clients ask who is online and look for a second opinion on their port.
const NAT_PORT_OFFSET = -1;

/** Which of `ids` are online, in their order. Native clients ask on p-1, WebSocket clients on p+2. */
export async function onlineStates(
  server: ServerAddress,
  ids: readonly string[],
  options: QueryOptions = {},
): Promise<boolean[]> {
  const transport = options.transport ?? 'tcp';
  const onMainPort = transport === 'ws' || options.onMainPort === true;
  const port = onMainPort ? server.port : server.port + NAT_PORT_OFFSET;
  const leg = await dial(transport, { host: server.host, port, ...source(options) });
  const states = await ask(leg, ids);
  return ids.map((_, i) => (states.readUInt8(i >> 3) & (128 >> (i & 7))) !== 0);
}

async function ask(leg: Leg, ids: readonly string[]): Promise<Buffer> {
  try {
    await tell(leg, 'onlineRequest', { id: '111111111', peers: [...ids] });
    const answer = await hear(leg);
    if (answer.name !== 'onlineResponse') throw new Error(`answered with ${answer.name}`);
    return Buffer.from(answer.value.states);
  } finally {
    leg.close();
  }
}

/** The source port the server sees on p and on p-1, from one local port; equal means a friendly NAT. */
export async function testNat(
  server: ServerAddress,
  options: QueryOptions = {},
): Promise<{ local: number; onMain: number; onSecond: number }> {
  const first = await dialTcp({ ...server, ...source(options) });
  const { ip, port: local } = first.local;
  const onMain = await observedPort(first);
  const second = await dialTcp({
    host: server.host,
    port: server.port + NAT_PORT_OFFSET,
    from: ip,
    fromPort: local,
  });
  return { local, onMain, onSecond: await observedPort(second) };
}

async function observedPort(leg: Leg): Promise<number> {
  try {
    await tell(leg, 'testNatRequest', {});
    const answer = await hear(leg);
    if (answer.name !== 'testNatResponse') throw new Error(`answered with ${answer.name}`);
    return answer.value.port;
  } finally {
    leg.close();
  }
}

/** Asks for another id, as the client's settings page does; returns the result code (0 = done). */
export async function changeId(
  server: ServerAddress,
  identity: DeviceIdentity,
  wanted: string,
  options: QueryOptions = {},
): Promise<number> {
  const leg = await dial(options.transport ?? 'tcp', { ...server, ...source(options) });
  try {
    await tell(leg, 'registerPk', { oldId: identity.id, id: wanted, uuid: identity.uuid });
    let answer = await hear(leg);
    if (answer.name === 'keyExchange') answer = await hear(leg);
    if (answer.name !== 'registerPkResponse') throw new Error(`answered with ${answer.name}`);
    return answer.value.result;
  } finally {
    leg.close();
  }
}

function source(options: QueryOptions): { from?: string } {
  return options.from === undefined ? {} : { from: options.from };
}
