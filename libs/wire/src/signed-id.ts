import { Buffer } from 'node:buffer';
import { sign, verify } from 'node:crypto';
import { MessageShape } from './message-shape.js';
import { ed25519PrivateKey, ed25519PublicKey } from './raw-key.js';
import { messageType } from './schema.js';

const idPk = new MessageShape(messageType('hbb.IdPk'));
const SIGNATURE_BYTES = 64;

/** A callee's id with the 32-byte Ed25519 key of its device. */
export interface IdPk {
  id: string;
  pk: Buffer;
}

/** The bytes that get signed: id first, then key. */
export function encodeIdPk(id: string, pk: Uint8Array): Buffer {
  return idPk.encode({ id, pk });
}

/** Reads what encodeIdPk writes. Throws WireError('undecodable'). */
export function decodeIdPk(bytes: Uint8Array): IdPk {
  return idPk.decode(bytes) as unknown as IdPk;
}

/**
 * Signs in NaCl's combined mode: 64 bytes of Ed25519 signature, then `message`. The key is a 32-byte
 * seed or the 64 bytes of an `id_ed25519` file. Throws WireError('bad-key') for another length.
 */
export function signCombined(message: Uint8Array, seedOrSecretKey: Uint8Array): Buffer {
  const whole = seedOrSecretKey.length === 64;
  const seed = whole ? seedOrSecretKey.subarray(0, 32) : seedOrSecretKey;
  return Buffer.concat([sign(null, message, ed25519PrivateKey(seed)), message]);
}

/**
 * The message inside a blob of signCombined, or undefined when the signature is not by `publicKey`
 * (32 bytes). Throws WireError('bad-key') when that has another length.
 */
export function openSigned(blob: Uint8Array, publicKey: Uint8Array): Buffer | undefined {
  if (blob.length < SIGNATURE_BYTES) return undefined;
  const message = Buffer.from(blob.subarray(SIGNATURE_BYTES));
  const signature = blob.subarray(0, SIGNATURE_BYTES);
  return verify(null, message, ed25519PublicKey(publicKey), signature) ? message : undefined;
}
