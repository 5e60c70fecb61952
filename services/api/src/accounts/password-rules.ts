import { type Fields, text } from '../http/fields.js';
import { Refusal } from '../http/refusal.js';
import { MAX_PASSWORD_CHARS, hashPassword } from './password.js';

const BAD_REQUEST = 400;
const MIN_PASSWORD_CHARS = 8;

/** What is stored of a new password. Throws Refusal when it is too short. */
export async function passwordHash(fields: Fields): Promise<string> {
  const password = text(fields, 'password', MAX_PASSWORD_CHARS);
  if (password.length < MIN_PASSWORD_CHARS) {
    throw new Refusal(`A password has at least ${MIN_PASSWORD_CHARS} characters`, BAD_REQUEST);
  }
  return hashPassword(password);
}
