import { lookup } from 'node:dns/promises';
import { openUdp, placeOf } from '@waystation/net';
import { StartError } from '@waystation/ops';
import { encodeMessage } from '@waystation/wire';
import { SELF_TEST_ID } from './peer-id.js';

const EVERY_MS = 1000;
const PATIENCE_MS = 12_000;
/** Replicas share the port and the kernel picks one by the source, so a single one that hangs hides nobody. */
const SOCKETS = 3;

/**
 * Sends heartbeats to `target` (`ip:port` or `host:port`) until one is answered. Throws StartError
 * after 12 s: then no client would be answered either.
 */
export async function selfTest(target: string, patienceMs = PATIENCE_MS): Promise<void> {
  const place = placeOf(target, 0);
  const { address } = await lookup(place.host);
  const end = performance.now() + patienceMs;
  while (performance.now() < end) {
    if (await answersUdp(address, place.port, EVERY_MS)) return;
  }
  throw new StartError(
    `TEST_HBBS: no answer by UDP from ${target}, so no device would get one; open the port in the firewall or set TEST_HBBS=no.`,
  );
}

/** Whether a heartbeat to this address is answered in time. */
export async function answersUdp(ip: string, port: number, patienceMs: number): Promise<boolean> {
  const heartbeat = encodeMessage('registerPeer', { id: SELF_TEST_ID });
  let heard: () => void = () => undefined;
  const answer = new Promise<boolean>((resolve) => {
    heard = () => resolve(true);
  });
  const host = ip.includes(':') ? '::' : '0.0.0.0';
  const options = { host, port: 0, reusePort: false };
  const sockets = await Promise.all(
    Array.from({ length: SOCKETS }, () => openUdp(options, () => heard())),
  );
  for (const socket of sockets) socket.send(heartbeat, port, ip);
  const isHeard = await Promise.race([answer, after(patienceMs)]);
  await Promise.all(sockets.map((socket) => socket.close()));
  return isHeard;
}

function after(ms: number): Promise<boolean> {
  return new Promise((resolve) => {
    setTimeout(() => resolve(false), ms).unref();
  });
}
