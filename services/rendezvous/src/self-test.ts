import { lookup } from 'node:dns/promises';
import { openUdp, placeOf } from '@waystation/net';
import { StartError } from '@waystation/ops';
import { encodeMessage } from '@waystation/wire';

/** An id no device can have (protocol 6.17). */
const TEST_ID = '(:test_hbbs:)';
const EVERY_MS = 1000;
const PATIENCE_MS = 12_000;

/**
 * Sends heartbeats to `target` (`ip:port` or `host:port`) until one is answered. Throws StartError
 * after 12 s: then no client would be answered either.
 */
export async function selfTest(target: string, patienceMs = PATIENCE_MS): Promise<void> {
  const place = placeOf(target, 0);
  const { address } = await lookup(place.host);
  const heartbeat = encodeMessage('registerPeer', { id: TEST_ID });
  let answered: () => void = () => undefined;
  const answer = new Promise<boolean>((resolve) => {
    answered = () => resolve(true);
  });
  const host = address.includes(':') ? '::' : '0.0.0.0';
  const socket = await openUdp({ host, port: 0, reusePort: false }, () => answered());
  const knock = (): void => socket.send(heartbeat, place.port, address);
  const knocking = setInterval(knock, EVERY_MS);
  knock();
  const ok = await Promise.race([answer, after(patienceMs)]);
  clearInterval(knocking);
  await socket.close();
  if (!ok) throw new StartError(sentence(target));
}

function sentence(target: string): string {
  return `TEST_HBBS: no answer by UDP from ${target}, so no device would get one; open the port in the firewall or set TEST_HBBS=no.`;
}

function after(ms: number): Promise<boolean> {
  return new Promise((resolve) => {
    setTimeout(() => resolve(false), ms).unref();
  });
}
