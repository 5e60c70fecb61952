import { generateKeyPairSync, randomBytes, randomInt } from 'node:crypto';

/** What makes a device itself: id, machine id and the Ed25519 pair it signs with. */
export interface DeviceIdentity {
  readonly id: string;
  readonly uuid: Buffer;
  /** 32 bytes. */
  readonly publicKey: Buffer;
  /** 64 bytes: seed, then public key. */
  readonly secretKey: Buffer;
}

/** A fresh identity; the id is a random nine-digit number unless given. */
export function newIdentity(id = String(randomInt(100_000_000, 1_000_000_000))): DeviceIdentity {
  return { id, uuid: randomBytes(16), ...newSigningKeys() };
}

/** The id a client takes when the server says that its own belongs to someone else (protocol 6.2). */
export function randomReplacementId(): string {
  return String(randomInt(1_000_000_000, 2_000_000_000));
}

/** A fresh Ed25519 pair in libsodium's layout. */
export function newSigningKeys(): { publicKey: Buffer; secretKey: Buffer } {
  const { d = '', x = '' } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
  const publicKey = Buffer.from(x, 'base64url');
  return { publicKey, secretKey: Buffer.concat([Buffer.from(d, 'base64url'), publicKey]) };
}
