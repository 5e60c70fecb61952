import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { nowUs } from './legs.js';

/** Writes and waits until the kernel has the bytes. */
export function write(socket: Socket, bytes: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.write(bytes, (error) => {
      if (error) reject(error);
      else resolve();
    });
  });
}

/** Keeps every socket full for `ms`. */
export async function flood(sockets: readonly Socket[], ms: number): Promise<void> {
  const block = Buffer.alloc(FLOOD_BYTES, 0x5a);
  const until = performance.now() + ms;
  const fill = async (socket: Socket): Promise<void> => {
    while (performance.now() < until) await write(socket, block);
  };
  await Promise.all(sockets.map(fill));
}

/**
 * Sends messages on every socket at an even pace, the sockets spread over the period. A socket that
 * is still full skips its turn, as an encoder drops a frame.
 */
export async function sendMessages(
  sockets: readonly Socket[],
  order: { readonly ms: number; readonly bytes: number; readonly perSecond: number },
): Promise<number> {
  const periodUs = 1e6 / order.perSecond;
  const startUs = nowUs();
  const endUs = startUs + order.ms * 1000;
  const turns = sockets.length / periodUs;
  let turn = 0;
  let sent = 0;
  while (nowUs() < endUs) {
    const due = (nowUs() - startUs) * turns;
    for (; turn < due; turn += 1) {
      const socket = sockets[turn % sockets.length];
      if (socket === undefined || socket.writableLength > 0) continue;
      const message = Buffer.allocUnsafe(order.bytes);
      message.writeDoubleLE(nowUs(), 0);
      socket.write(message);
      sent += 1;
    }
    await sleep(1);
  }
  return sent;
}

const FLOOD_BYTES = 256 * 1024;
