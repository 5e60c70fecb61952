import { Buffer } from 'node:buffer';
import { createPublicKey, diffieHellman, generateKeyPairSync } from 'node:crypto';
import { hsalsa, xsalsa20poly1305 } from '@noble/ciphers/salsa.js';
import { asBuffer } from './message-shape.js';
import { rawPublicKey, x25519PrivateKey, x25519PublicKey } from './raw-key.js';

/** Bytes of every X25519 key and of the session key. */
const BOX_KEY_BYTES = 32;

/** A boxed session key: 16 bytes of authentication tag, then the 32 bytes. */
const BOXED_SESSION_KEY_BYTES = 48;

/** An X25519 pair, raw bytes; one per connection. */
export interface BoxKeyPair {
  readonly publicKey: Buffer;
  readonly secretKey: Buffer;
}

/** Both sides derive a key that is used for one message only, so the nonce may be constant. */
const ZERO_NONCE = new Uint8Array(24);

/** The words "expand 32-byte k" of Salsa20. */
const SIGMA = new Uint8Array(Buffer.from('expand 32-byte k', 'latin1'));

/** A fresh X25519 pair. */
export function newBoxKeyPair(): BoxKeyPair {
  const { privateKey, publicKey } = generateKeyPairSync('x25519');
  const der = privateKey.export({ format: 'der', type: 'pkcs8' });
  return { publicKey: rawPublicKey(publicKey), secretKey: Buffer.from(der.subarray(-32)) };
}

/** The pair that belongs to 32 given secret bytes. Throws WireError('bad-key') for another length. */
export function boxKeyPairFromSecret(secretKey: Uint8Array): BoxKeyPair {
  const publicKey = rawPublicKey(createPublicKey(x25519PrivateKey(secretKey)));
  return { publicKey, secretKey: Buffer.from(secretKey) };
}

/**
 * Server side: the 32-byte session key out of a client's box, or undefined when lengths are wrong, the
 * client's key is a degenerate point or the tag does not fit.
 */
export function openSessionKey(
  boxed: Uint8Array,
  clientPublicKey: Uint8Array,
  ourSecretKey: Uint8Array,
): Buffer | undefined {
  if (boxed.length !== BOXED_SESSION_KEY_BYTES) return undefined;
  if (clientPublicKey.length !== BOX_KEY_BYTES) return undefined;
  try {
    const key = sharedKey(clientPublicKey, ourSecretKey);
    return asBuffer(xsalsa20poly1305(key, ZERO_NONCE).decrypt(boxed));
  } catch {
    // Both libraries report forged input by throwing; which one did tells the peer nothing.
    return undefined;
  }
}

/** Client side: puts the 32-byte session key into a box of 48 bytes for the server. */
export function sealSessionKey(
  sessionKey: Uint8Array,
  serverPublicKey: Uint8Array,
  ourSecretKey: Uint8Array,
): Buffer {
  const key = sharedKey(serverPublicKey, ourSecretKey);
  return asBuffer(xsalsa20poly1305(key, ZERO_NONCE).encrypt(sessionKey));
}

/** NaCl's box key: X25519, then HSalsa20 with a zero nonce. */
function sharedKey(theirPublicKey: Uint8Array, ourSecretKey: Uint8Array): Uint8Array {
  const point = diffieHellman({
    privateKey: x25519PrivateKey(ourSecretKey),
    publicKey: x25519PublicKey(theirPublicKey),
  });
  const out = new Uint32Array(8);
  hsalsa(words(SIGMA), words(point), new Uint32Array(4), out);
  return new Uint8Array(out.buffer);
}

/** A copy as 32-bit words, because `bytes` may lie at an odd offset. */
function words(bytes: Uint8Array): Uint32Array {
  return new Uint32Array(Uint8Array.from(bytes).buffer);
}
