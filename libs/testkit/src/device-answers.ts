import { connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  demangleDestination,
  encodeMessage,
  mangleAddress,
  NatType,
  type Messages,
  type RendezvousMessage,
  type SocketAddress,
} from '@waystation/wire';
import { tell } from './conversation.js';
import type { Device } from './device.js';
import { CLIENT_TIMEOUT_MS, type Leg } from './leg.js';
import { joinRelay } from './relay-join.js';
import { assumedRelay, dial } from './server-address.js';
import type { Path } from './session.js';
import { TcpLeg } from './tcp-leg.js';
import { UdpPunch } from './udp-punch.js';

/** Pauses before the three copies of an answer by UDP. */
const UDP_COPIES_AFTER_MS = [0, 15, 25] as const;

/** Does what a real client does when the server tells it about a caller (protocol 6.8, 6.10). */
export function answerPush(device: Device, message: RendezvousMessage): Promise<void> {
  switch (message.name) {
    case 'punchHole':
      if (mustRelay(device, message.value)) return decideForRelay(device, message.value);
      return message.value.udpPort > 0 && device.habits.punchesByUdp
        ? punchByUdp(device, message.value)
        : punch(device, message.value);
    case 'fetchLocalAddr':
      return device.options.transport === 'ws'
        ? decideForRelay(device, message.value)
        : tellLocalAddress(device, message.value);
    case 'requestRelay':
      return followToRelay(device, message.value);
    default:
      return Promise.resolve();
  }
}

function mustRelay(device: Device, push: Messages['punchHole']): boolean {
  const symmetric = push.natType === NatType.SYMMETRIC || device.natType === NatType.SYMMETRIC;
  return symmetric || push.forceRelay;
}

async function punch(device: Device, push: Messages['punchHole']): Promise<void> {
  const leg = await dialServer(device, 'tcp');
  const caller = demangleDestination(push.socketAddr);
  if (caller) await pokeHole(leg.local, caller, device.habits.holePunchMs);
  await awaitCaller(device, leg.local, 'direct');
  device.say('a caller from elsewhere: I listen where the server saw me');
  await tell(leg, 'punchHoleSent', {
    socketAddr: push.socketAddr,
    id: device.id,
    relayServer: relayFor(device, push.relayServer),
    natType: device.natType,
    version: device.version,
    ...v6(device),
  });
  leg.close();
}

/** By datagrams alone, three copies: no answer comes (protocol 6.11). */
async function punchByUdp(device: Device, push: Messages['punchHole']): Promise<void> {
  const caller = demangleDestination(push.socketAddr);
  if (!caller) return;
  const { server, answerServer = server, from } = device.options;
  const punching = await UdpPunch.open(from);
  device.closers.add(() => {
    punching.close();
  });
  const sent = encodeMessage('punchHoleSent', {
    socketAddr: push.socketAddr,
    id: device.id,
    relayServer: relayFor(device, push.relayServer),
    natType: device.natType,
    version: device.version,
    ...v6(device),
  });
  device.say('a caller from elsewhere: I answer and wait by UDP');
  for (const pauseMs of UDP_COPIES_AFTER_MS) {
    await sleep(pauseMs);
    punching.tell({ ip: answerServer.host, port: answerServer.port }, sent);
  }
  const leg = await punching.meet({ ip: caller.ip, port: push.udpPort }, CLIENT_TIMEOUT_MS);
  await device.welcome(leg, 'udp', { secure: true });
}

async function tellLocalAddress(device: Device, push: Messages['fetchLocalAddr']): Promise<void> {
  const leg = await dialServer(device, 'tcp');
  const caller = demangleDestination(push.socketAddr);
  await awaitCaller(device, leg.local, 'lan');
  const announced = { ip: device.options.announceIp ?? leg.local.ip, port: leg.local.port };
  device.say('a caller behind my own address: I tell my private one');
  await tell(leg, 'localAddr', {
    // Clients encode the caller's address anew here, with their own clock.
    socketAddr: caller ? mangleAddress(caller, clock()) : push.socketAddr,
    localAddr: mangleAddress(announced, clock()),
    relayServer: relayFor(device, push.relayServer),
    id: device.id,
    version: device.version,
    ...v6(device),
  });
  leg.close();
}

async function decideForRelay(
  device: Device,
  push: Messages['punchHole'] | Messages['fetchLocalAddr'],
): Promise<void> {
  const uuid = device.newUuid();
  const relayServer = relayFor(device, push.relayServer);
  device.say(`a caller I cannot meet directly: I go to relay ${relayServer}`);
  const leg = await dialServer(device);
  await tell(leg, 'relayResponse', {
    socketAddr: push.socketAddr,
    uuid,
    relayServer,
    id: device.id,
    version: device.version,
    ...v6(device),
  });
  await enterRelay(device, { uuid, relayServer, secure: true });
  leg.close();
}

async function followToRelay(device: Device, push: Messages['requestRelay']): Promise<void> {
  const relayServer = relayFor(device, push.relayServer);
  device.say(`the caller wants relay ${relayServer}`);
  const leg = await dialServer(device);
  await tell(leg, 'relayResponse', { socketAddr: push.socketAddr, version: device.version });
  await enterRelay(device, { uuid: push.uuid, relayServer, secure: push.secure });
  leg.close();
}

async function enterRelay(
  device: Device,
  how: { readonly uuid: string; readonly relayServer: string; readonly secure: boolean },
): Promise<void> {
  const leg = await joinRelay({
    relayServer: how.relayServer,
    uuid: how.uuid,
    licenceKey: device.licenceKey,
    transport: device.options.transport === 'ws' ? 'ws' : 'tcp',
    from: device.options.from,
    headers: device.options.headers,
  });
  await device.welcome(leg, 'relay', how);
}

/** A short connection to the rendezvous; over WebSocket when the device lives there. */
function dialServer(device: Device, transport = streamOf(device)): Promise<Leg> {
  const { server, answerServer, from, headers } = device.options;
  return dial(transport, {
    ...(answerServer ?? server),
    ...(from === undefined ? {} : { from }),
    ...(headers ? { headers } : {}),
  });
}

function streamOf(device: Device): 'tcp' | 'ws' {
  return device.options.transport === 'ws' ? 'ws' : 'tcp';
}

/** The device's own choice, else what the server pushed, else the rendezvous host one port up. */
function relayFor(device: Device, pushed: string): string {
  const own = device.options.relayServer ?? '';
  if (own !== '') return own;
  return pushed === '' ? assumedRelay(device.options.server) : pushed;
}

function v6(device: Device): { socketAddrV6?: Buffer } {
  const endpoint = device.options.socketAddressV6;
  return endpoint ? { socketAddrV6: Buffer.from(endpoint) } : {};
}

/** Opens the own NAT by trying to reach the caller; success is not expected and not needed. */
function pokeHole(local: SocketAddress, caller: SocketAddress, timeoutMs: number): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect({
      host: caller.ip,
      port: caller.port,
      localAddress: local.ip,
      localPort: local.port,
    });
    const alarm = setTimeout(() => socket.destroy(), timeoutMs);
    socket.once('connect', () => socket.destroy());
    // Refused is what a hole punch normally ends with; 'close' follows in every case.
    socket.once('error', () => socket.destroy());
    socket.once('close', () => {
      clearTimeout(alarm);
      resolve();
    });
  });
}

/**
 * Listens on the local port of the rendezvous connection for one caller, for at most 18 s. Real clients
 * begin right after their answer; here it is just before, because on loopback the caller is faster.
 */
async function awaitCaller(device: Device, local: SocketAddress, path: Path): Promise<void> {
  const server = createServer();
  const close = (): void => {
    clearTimeout(alarm);
    device.closers.delete(close);
    server.close();
  };
  const alarm = setTimeout(close, CLIENT_TIMEOUT_MS);
  device.closers.add(close);
  server.once('connection', (socket) => {
    close();
    device.welcome(new TcpLeg(socket), path, { secure: true }).catch((error: unknown) => {
      device.fault(error);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: local.ip, port: local.port }, resolve);
  });
}

/** Microseconds of the wall clock in 32 bits, as clients mix them into addresses. */
function clock(): number {
  return (Date.now() * 1_000) % 2 ** 32;
}
