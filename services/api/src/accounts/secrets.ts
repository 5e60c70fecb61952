import { createHash, randomBytes } from 'node:crypto';

const SECRET_BYTES = 32;

/** A new random text; the prefix tells people and scanners what leaked. */
export function newSecret(prefix: string): string {
  return `${prefix}${randomBytes(SECRET_BYTES).toString('base64url')}`;
}

/** What is stored of a random text. It has so much randomness that a fast hash is enough. */
export function hashSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}
