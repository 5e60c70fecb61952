import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { FrameDecoder, decodeMessage, encodeFrame, encodeMessage } from '@waystation/wire';
import type { PunchDevice } from './punch-device.js';

const FRAME_LIMIT_BYTES = 65_536;
const PATIENCE_MS = 5_000;

/** Where a caller is, and whom it asks. */
export interface CallerPlace {
  readonly port: number;
  readonly ip: string;
  readonly key: string;
}

/** Milliseconds that the server took for its two parts of one attempt. */
export interface PunchTimes {
  /** When the request left and the response came; milliseconds since 1970. */
  readonly beganMs: number;
  readonly endedMs: number;
  /** From the caller's request to the push at the device. */
  readonly pushMs: number;
  /** From the device's answer to the caller's response. */
  readonly answerMs: number;
}

/** One attempt over a connection of its own; undefined when no response came in 5 s. */
export async function attempt(
  place: CallerPlace,
  device: PunchDevice,
): Promise<PunchTimes | undefined> {
  const { port, ip, key } = place;
  const socket = connect({ port, host: '127.0.0.1', localAddress: ip });
  socket.setNoDelay(true);
  await once(socket, 'connect');
  const answered = device.nextAnswer();
  const request = { id: device.id, natType: 1, licenceKey: key, version: '1.4.1' };
  const askedMs = performance.now();
  socket.write(encodeFrame(encodeMessage('punchHoleRequest', request)));
  const heardMs = await response(socket);
  socket.destroy();
  if (heardMs === undefined) return undefined;
  const { pushedMs, answeredMs } = await answered;
  return {
    beganMs: performance.timeOrigin + askedMs,
    endedMs: performance.timeOrigin + heardMs,
    pushMs: pushedMs - askedMs,
    answerMs: heardMs - answeredMs,
  };
}

/** The time at which a way to the device came; undefined for a refusal, an end or silence. */
function response(socket: Socket): Promise<number | undefined> {
  const decoder = new FrameDecoder(FRAME_LIMIT_BYTES);
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(undefined), PATIENCE_MS);
    const end = (value: number | undefined): void => {
      clearTimeout(timer);
      resolve(value);
    };
    socket.on('data', (chunk: Buffer) => {
      const now = performance.now();
      decoder.push(chunk);
      const frame = decoder.next();
      if (frame === undefined) return;
      const message = decodeMessage(frame);
      const isWay = message.name === 'punchHoleResponse' && message.value.socketAddr.length > 0;
      end(isWay ? now : undefined);
    });
    socket.on('close', () => end(undefined));
    socket.on('error', () => end(undefined));
  });
}
