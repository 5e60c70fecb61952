import { argon2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

const derive = promisify(argon2);

/** OWASP's smallest recommendation for Argon2id: 19 MiB, two passes, one lane. */
const MEMORY_KIB = 19_456;
const PASSES = 2;
const TAG_BYTES = 32;
const SALT_BYTES = 16;
/** Longer ones would only cost time. */
export const MAX_PASSWORD_CHARS = 256;

/** A password as it is stored: `$argon2id$v=19$m=…,t=…,p=1$salt$tag`. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const tag = await tagOf(password, salt, MEMORY_KIB, PASSES);
  return `$argon2id$v=19$m=${MEMORY_KIB},t=${PASSES},p=1$${plain(salt)}$${plain(tag)}`;
}

/**
 * Whether the password belongs to the stored text. Without one (no such user, or one who signs in
 * elsewhere) the answer is no and takes as long.
 */
export async function verifyPassword(password: string, stored: string | null): Promise<boolean> {
  const match = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=1\$([\w+/]+)\$([\w+/]+)$/.exec(stored ?? '');
  if (match === null) {
    await tagOf(password, Buffer.alloc(SALT_BYTES), MEMORY_KIB, PASSES);
    return false;
  }
  const [, memory, passes, salt = '', expected = ''] = match;
  const tag = await tagOf(password, Buffer.from(salt, 'base64'), Number(memory), Number(passes));
  const wanted = Buffer.from(expected, 'base64');
  return tag.length === wanted.length && timingSafeEqual(tag, wanted);
}

function tagOf(message: string, nonce: Buffer, memory: number, passes: number): Promise<Buffer> {
  return derive('argon2id', {
    message: message.normalize('NFC'),
    nonce,
    parallelism: 1,
    tagLength: TAG_BYTES,
    memory,
    passes,
  });
}

function plain(bytes: Buffer): string {
  return bytes.toString('base64').replaceAll('=', '');
}
