import { createHash, randomBytes } from 'node:crypto';
import type { Leg } from './leg.js';

/** How many bytes went one way, and their SHA-256 in hex. */
export interface Digest {
  readonly bytes: number;
  readonly sha256: string;
}

// Sizes at the edges of the frame header's four forms, and what video and file transfer look like.
const PAYLOAD_SIZES = [1, 63, 64, 1_400, 16_383, 16_384, 65_536, 262_144, 1_048_576];

/** Sends `totalBytes` of random content as payloads of changing sizes. */
export async function sendBulk(leg: Leg, totalBytes: number): Promise<Digest> {
  const pool = randomBytes(2 * 1_048_576);
  const hash = createHash('sha256');
  let sentBytes = 0;
  for (let i = 0; sentBytes < totalBytes; i++) {
    const size = Math.min(PAYLOAD_SIZES[i % PAYLOAD_SIZES.length] ?? 1, totalBytes - sentBytes);
    const start = (i * 4_099) % 1_048_576;
    const payload = pool.subarray(start, start + size);
    hash.update(payload);
    sentBytes += size;
    await leg.send(payload);
  }
  return { bytes: sentBytes, sha256: hash.digest('hex') };
}

/** Receives exactly `totalBytes` of payload. Rejects when the connection ends before that. */
async function receiveBulk(leg: Leg, totalBytes: number): Promise<Digest> {
  const hash = createHash('sha256');
  let bytes = 0;
  while (bytes < totalBytes) {
    const payload = await leg.receive();
    if (!payload) throw new Error(`ended after ${String(bytes)} bytes: ${leg.endReason ?? ''}`);
    hash.update(payload);
    bytes += payload.length;
  }
  return { bytes, sha256: hash.digest('hex') };
}

/** Bulk in both directions at once; what each side sent and what the other got of it. */
export async function exchangeBulk(
  a: Leg,
  b: Leg,
  totalBytes: number,
): Promise<{ sent: Digest; received: Digest }[]> {
  const [fromA, atB, fromB, atA] = await Promise.all([
    sendBulk(a, totalBytes),
    receiveBulk(b, totalBytes),
    sendBulk(b, totalBytes),
    receiveBulk(a, totalBytes),
  ]);
  return [
    { sent: fromA, received: atB },
    { sent: fromB, received: atA },
  ];
}
