import { Buffer } from 'node:buffer';
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { ed25519PrivateKey, rawPublicKey } from './raw-key.js';

/** The server's Ed25519 pair: `secretKey` is 64 bytes, the seed followed by the public key. */
export interface SigningKeyPair {
  readonly secretKey: Buffer;
  readonly publicKey: Buffer;
}

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

/**
 * Reads the content of an `id_ed25519` file or a KEY value: standard base64 of 64 bytes, white space
 * around it allowed. Undefined when it is anything else. The public key is taken from bytes 32 to 63,
 * whether or not it belongs to the seed; see seedMatches.
 */
export function parseSecretKey(text: string): SigningKeyPair | undefined {
  const trimmed = text.trim();
  if (trimmed.length !== 88 || !BASE64.test(trimmed)) return undefined;
  const secretKey = Buffer.from(trimmed, 'base64');
  if (secretKey.length !== 64 || secretKey.toString('base64') !== trimmed) return undefined;
  return { secretKey, publicKey: secretKey.subarray(32) };
}

/** Standard padded base64: the form of key files, KEY values and licence keys. */
export function formatKey(key: Uint8Array): string {
  return Buffer.from(key).toString('base64');
}

/** The pair that grows from a 32-byte seed. */
export function signingKeyPairFromSeed(seed: Uint8Array): SigningKeyPair {
  const publicKey = rawPublicKey(createPublicKey(ed25519PrivateKey(seed)));
  return { secretKey: Buffer.concat([seed, publicKey]), publicKey };
}

/** Whether the public half really belongs to the seed; if not, no client could verify a signature. */
export function seedMatches(pair: SigningKeyPair): boolean {
  return signingKeyPairFromSeed(pair.secretKey.subarray(0, 32)).publicKey.equals(pair.publicKey);
}

/**
 * A fresh pair whose public key text has neither `/` nor `:`, because people put it into file names and
 * URLs. About every second pair qualifies.
 */
export function newSigningKeyPair(): SigningKeyPair {
  for (;;) {
    const { privateKey } = generateKeyPairSync('ed25519');
    const der = privateKey.export({ format: 'der', type: 'pkcs8' });
    const pair = signingKeyPairFromSeed(der.subarray(-32));
    if (!/[/:]/.test(formatKey(pair.publicKey))) return pair;
  }
}
