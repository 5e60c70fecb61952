import { randomBytes } from 'node:crypto';
import {
  newBoxKeyPair,
  openSessionKey,
  openSigned,
  sealSessionKey,
  SecureChannel,
  signCombined,
} from '@waystation/wire';
import { decodeByteFields, encodeByteFields } from './byte-fields.js';
import type { DeviceIdentity } from './identity.js';
import type { Leg } from './leg.js';

// Field numbers of the end-to-end messages (protocol 4.4).
const SIGNED_ID = 3;
const PUBLIC_KEY = 4;
const FIRST = 1;
const SECOND = 2;

/** What a signed id says once its signature held. */
export interface SignedPeer {
  readonly id: string;
  readonly publicKey: Buffer;
}

/** Checks an id and key signed by `signer` (32 bytes); undefined when it does not hold or says something else. */
export function openSignedPeer(blob: Uint8Array, signer: Uint8Array): SignedPeer | undefined {
  if (blob.length === 0 || signer.length !== 32) return undefined;
  const content = openSigned(blob, signer);
  if (!content) return undefined;
  const fields = decodeByteFields(content);
  const publicKey = fields.get(SECOND);
  if (publicKey?.length !== 32) return undefined;
  return { id: fields.get(FIRST)?.toString() ?? '', publicKey };
}

/** The callee's half: shows who it is with a key for this session. Returns whether the caller agreed to encrypt. */
export async function offerEncryption(
  leg: Leg,
  identity: DeviceIdentity,
  timeoutMs: number,
): Promise<boolean> {
  const box = newBoxKeyPair();
  const idPk = encodeByteFields({ [FIRST]: Buffer.from(identity.id), [SECOND]: box.publicKey });
  const signed = encodeByteFields({ [FIRST]: signCombined(idPk, identity.secretKey) });
  await leg.send(encodeByteFields({ [SIGNED_ID]: signed }));
  const answer = await leg.receive(timeoutMs);
  if (!answer) throw new Error(`the caller left before the handshake: ${leg.endReason ?? ''}`);
  const publicKey = decodeByteFields(answer).get(PUBLIC_KEY);
  const keys = publicKey ? decodeByteFields(publicKey) : new Map<number, Buffer>();
  const [theirs, sealed] = [keys.get(FIRST), keys.get(SECOND)];
  if (!theirs || !sealed) return false;
  const sessionKey = openSessionKey(sealed, theirs, box.secretKey);
  if (!sessionKey) throw new Error('the caller sealed its session key for somebody else');
  leg.secure(new SecureChannel(sessionKey));
  return true;
}

/** The caller's half. `peer` is what the server signed; without it the caller declines and goes on in plain text. */
export async function acceptEncryption(leg: Leg, peer: SignedPeer | undefined): Promise<boolean> {
  const offer = await leg.receive();
  if (!offer) throw new Error(`the callee left before the handshake: ${leg.endReason ?? ''}`);
  const shown = peer && shownPeer(offer, peer);
  if (!shown) {
    await leg.send(encodeByteFields({ [PUBLIC_KEY]: Buffer.alloc(0) }));
    return false;
  }
  const { publicKey, secretKey } = newBoxKeyPair();
  const sessionKey = randomBytes(32);
  const sealed = sealSessionKey(sessionKey, shown.publicKey, secretKey);
  await leg.send(
    encodeByteFields({ [PUBLIC_KEY]: encodeByteFields({ [FIRST]: publicKey, [SECOND]: sealed }) }),
  );
  leg.secure(new SecureChannel(sessionKey));
  return true;
}

function shownPeer(offer: Buffer, peer: SignedPeer): SignedPeer | undefined {
  const signedId = decodeByteFields(offer).get(SIGNED_ID);
  const blob = signedId && decodeByteFields(signedId).get(FIRST);
  const shown = blob && openSignedPeer(blob, peer.publicKey);
  return shown?.id === peer.id ? shown : undefined;
}
