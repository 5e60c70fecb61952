import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { normaliseIp } from '@waystation/wire';

/**
 * The three frames at the beginning of a link between two replicas. The key is never sent:
 *
 * 1. owner → carrier, `challenge`: the five bytes `WSRL1` and 32 random bytes
 * 2. carrier → owner, `offer`: proof (32), 32 random bytes, JSON of the leg
 * 3. owner → carrier, `verdict`: proof (32) and one byte
 *
 * Each proof is HMAC-SHA256 under the shared key over a label, the challenge and all of the frame
 * behind the proof (in the verdict the offer's proof stands in for it), so none fits another link, uuid or
 * direction. After a verdict `joined` the link carries the leg's bytes as they are.
 */
const MAGIC = Buffer.from('WSRL1');
const NONCE_BYTES = 32;
const PROOF_BYTES = 32;

/** Longest of these frames. */
export const LINK_FRAME_BYTES = 2048;

/** What the owner is told about a leg. */
export interface OfferedLeg {
  readonly uuid: string;
  /** The replica that the client came to. */
  readonly from: string;
  /** The replica that the leg is carried to; another one that got its address refuses. */
  readonly to: string;
  readonly ip: string;
  readonly port: number;
  readonly transport: 'tcp' | 'ws';
  readonly isCaller: boolean;
}

const VERDICTS = ['joined', 'absent', 'used'] as const;

/** `absent` nobody waits there with this uuid (any more), `used` a session has used the uuid. */
export type Verdict = (typeof VERDICTS)[number];

export function newChallenge(): Buffer {
  return Buffer.concat([MAGIC, randomBytes(NONCE_BYTES)]);
}

export function isChallenge(frame: Buffer): boolean {
  return (
    frame.length === MAGIC.length + NONCE_BYTES && frame.subarray(0, MAGIC.length).equals(MAGIC)
  );
}

export function encodeOffer(key: Buffer, challenge: Buffer, leg: OfferedLeg): Buffer {
  const body = Buffer.concat([randomBytes(NONCE_BYTES), Buffer.from(JSON.stringify(leg))]);
  return Buffer.concat([proof(key, 'offer', challenge, body), body]);
}

/** Undefined if whoever made it does not know the key, or made it for another link. */
export function openOffer(key: Buffer, challenge: Buffer, frame: Buffer): OfferedLeg | undefined {
  const body = proven(key, 'offer', challenge, frame);
  if (body === undefined || body.length <= NONCE_BYTES) return undefined;
  return parseLeg(body.subarray(NONCE_BYTES).toString());
}

export function encodeVerdict(
  key: Buffer,
  challenge: Buffer,
  offer: Buffer,
  verdict: Verdict,
): Buffer {
  const body = Buffer.of(VERDICTS.indexOf(verdict));
  return Buffer.concat([proof(key, 'verdict', bound(challenge, offer), body), body]);
}

/** Undefined if whoever made it does not know the key, or answers another offer. */
export function openVerdict(
  key: Buffer,
  challenge: Buffer,
  offer: Buffer,
  frame: Buffer,
): Verdict | undefined {
  const body = proven(key, 'verdict', bound(challenge, offer), frame);
  return body?.length === 1 ? VERDICTS[body.readUInt8(0)] : undefined;
}

function bound(challenge: Buffer, offer: Buffer): Buffer {
  return Buffer.concat([challenge, offer.subarray(0, PROOF_BYTES)]);
}

function proof(key: Buffer, label: string, context: Buffer, body: Buffer): Buffer {
  const hmac = createHmac('sha256', key).update(`waystation relay link ${label}\0`);
  return hmac.update(context).update(body).digest();
}

/** What stands behind the proof, if the proof is right. */
function proven(key: Buffer, label: string, context: Buffer, frame: Buffer): Buffer | undefined {
  if (frame.length < PROOF_BYTES) return undefined;
  const body = frame.subarray(PROOF_BYTES);
  const expected = proof(key, label, context, body);
  return timingSafeEqual(expected, frame.subarray(0, PROOF_BYTES)) ? body : undefined;
}

function parseLeg(text: string): OfferedLeg | undefined {
  const { uuid, from, to, ip, port, transport, isCaller } = record(text);
  if (typeof uuid !== 'string' || typeof from !== 'string' || typeof to !== 'string')
    return undefined;
  const address = typeof ip === 'string' ? normaliseIp(ip) : undefined;
  if (address === undefined || typeof port !== 'number') return undefined;
  if (transport !== 'tcp' && transport !== 'ws') return undefined;
  return { uuid, from, to, ip: address, port, transport, isCaller: isCaller === true };
}

function record(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    // Proven and yet not readable: another version of ours. It counts as no offer.
    return {};
  }
}
