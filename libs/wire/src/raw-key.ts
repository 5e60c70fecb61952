import { Buffer } from 'node:buffer';
import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { WireError } from './wire-error.js';

// DER in front of the 32 raw bytes (RFC 8410): PKCS#8 for secret keys, SPKI for public ones.
const ED25519_SECRET = Buffer.from('302e020100300506032b657004220420', 'hex');
const ED25519_PUBLIC = Buffer.from('302a300506032b6570032100', 'hex');
const X25519_SECRET = Buffer.from('302e020100300506032b656e04220420', 'hex');
const X25519_PUBLIC = Buffer.from('302a300506032b656e032100', 'hex');

/** Key object of a 32-byte Ed25519 seed. Throws WireError('bad-key') for another length. */
export function ed25519PrivateKey(seed: Uint8Array): KeyObject {
  return privateKey(ED25519_SECRET, seed);
}

/** Key object of a 32-byte Ed25519 public key. Throws WireError('bad-key') for another length. */
export function ed25519PublicKey(raw: Uint8Array): KeyObject {
  return publicKey(ED25519_PUBLIC, raw);
}

/** Key object of a 32-byte X25519 secret key. Throws WireError('bad-key') for another length. */
export function x25519PrivateKey(raw: Uint8Array): KeyObject {
  return privateKey(X25519_SECRET, raw);
}

/** Key object of a 32-byte X25519 public key. Throws WireError('bad-key') for another length. */
export function x25519PublicKey(raw: Uint8Array): KeyObject {
  return publicKey(X25519_PUBLIC, raw);
}

/** The 32 raw bytes of a public key. */
export function rawPublicKey(key: KeyObject): Buffer {
  return Buffer.from(key.export({ format: 'der', type: 'spki' }).subarray(-32));
}

function privateKey(prefix: Buffer, raw: Uint8Array): KeyObject {
  return createPrivateKey({ key: der(prefix, raw), format: 'der', type: 'pkcs8' });
}

function publicKey(prefix: Buffer, raw: Uint8Array): KeyObject {
  return createPublicKey({ key: der(prefix, raw), format: 'der', type: 'spki' });
}

function der(prefix: Buffer, raw: Uint8Array): Buffer {
  if (raw.length !== 32) throw new WireError('bad-key', `a key of ${raw.length} bytes, not 32`);
  return Buffer.concat([prefix, raw]);
}
